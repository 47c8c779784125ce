package ldird

import (
	"context"
	"errors"
	"net/netip"

	"systole/pkg/director"
	"systole/pkg/drpath"
	"systole/pkg/ldirectorcf"
)

// usePaths prepares for the path checks of a configuration, and ends those of an earlier one: a packet
// socket that nobody needs costs the director time for every packet.
func (d *daemon) usePaths(cf *ldirectorcf.Config) {
	virtuals, wanted := map[netip.Addr]bool{}, false
	for i := range cf.Virtuals {
		v := &cf.Virtuals[i]
		wanted = wanted || v.PathCheck
		if v.Service.Addr.IsValid() {
			virtuals[v.Service.Addr.Addr()] = true
		}
	}
	d.paths.Avoid(virtuals)
	if !wanted {
		d.paths.Close()
	}
}

// walk asks a server for the virtual's address beside its check. What it returns waits for the answer,
// for checktimeout at most; of a server whose check failed nothing more is to be known.
func (d *daemon) walk(ctx context.Context, a director.StartCheck) func(up bool) director.Path {
	if !a.Virtual.PathCheck {
		return func(bool) director.Path { return director.Path{} }
	}
	ctx, cancel := context.WithTimeout(ctx, a.Virtual.CheckTimeout)
	found := make(chan director.Path, 1)
	go func() {
		q := drpath.Question{Virtual: a.Virtual.Service.Addr, Real: a.Real.Addr}
		answer, err := d.paths.Ask(ctx, q)
		found <- pathOf(q, answer, err)
	}()
	return func(up bool) director.Path {
		defer cancel()
		if up {
			return <-found
		}
		return director.Path{}
	}
}

// pathStates are the answers as the machine knows them.
func pathStates() map[drpath.Answer]director.PathState {
	return map[drpath.Answer]director.PathState{
		drpath.Accepted:  director.PathGood,
		drpath.Local:     director.PathGood,
		drpath.Refused:   director.PathRefused,
		drpath.Silent:    director.PathBroken,
		drpath.Unreached: director.PathBroken,
	}
}

func pathOf(q drpath.Question, answer drpath.Answer, err error) director.Path {
	switch {
	case errors.Is(err, context.Canceled):
		return director.Path{}
	case err != nil:
		return director.Path{State: director.PathUnknown, Text: err.Error()}
	}
	return director.Path{State: pathStates()[answer], Text: answer.Words(q)}
}
