package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// What a step does. Directors are active or standby, web servers their index in the
// scene.

// run runs a command on a director and shows what it prints.
func run(at int, command string) action {
	return func(d *demo, ctx context.Context) error {
		return d.run(ctx, d.directors[at], strings.Fields(command)...)
	}
}

// finds waits until a command on a director succeeds and shows what it prints.
func finds(at int, command string) action {
	return func(d *demo, ctx context.Context) error {
		var text string
		err := poll(ctx, func() (bool, error) {
			r, err := d.directors[at].Run(ctx, strings.Fields(command)...)
			text = r.Stdout
			return r.Code == 0, err
		})
		d.out.ran(d.name(at), command, text)
		if errors.Is(err, errPatience) {
			return fmt.Errorf("%s on %s finds nothing", command, d.name(at))
		}
		return err
	}
}

// both runs a command on both directors at once.
func both(command string) action {
	return func(d *demo, ctx context.Context) error {
		var g errgroup.Group
		for _, h := range d.directors {
			g.Go(func() error { return d.run(ctx, h, strings.Fields(command)...) })
		}
		return g.Wait()
	}
}

// addresses shows what both directors have on a device.
func addresses(dev string) action {
	return func(d *demo, ctx context.Context) error {
		for _, h := range d.directors {
			if err := d.run(ctx, h, "ip", "-brief", "addr", "show", dev); err != nil {
				return err
			}
		}
		return nil
	}
}

// ask has the clients ask from now on.
func ask() action {
	return func(d *demo, _ context.Context) error {
		d.clients.start()
		where := strings.Replace(d.clients.url, ":80/", "/", 1)
		d.out.note("%d client addresses ask %s every %s", clientAddrs, where, d.clients.every)
		return nil
	}
}

// webDies ends a web server without a word.
func webDies(i int) action {
	return func(d *demo, _ context.Context) error {
		d.out.command(d.scene.webs[i].name, "kill -9 httpd")
		return d.servers[i].Signal(unix.SIGKILL)
	}
}

// webReturns starts it again.
func webReturns(i int) action {
	return func(d *demo, ctx context.Context) error {
		d.out.command(d.scene.webs[i].name, "httpd")
		return d.serve(ctx, i)
	}
}

// webChanges has a web server serve another page to directors.
func webChanges(i int) action {
	return func(d *demo, ctx context.Context) error {
		d.out.note("%s serves another page than the one whose MD5 the checks know", d.scene.webs[i].name)
		return d.serve(ctx, i, "-page", "It works no more")
	}
}

// note says what the demo does that is no command.
func note(text string) action {
	return func(d *demo, _ context.Context) error {
		d.out.note("%s", text)
		return nil
	}
}

// waits says what timer is waited for.
func waits(what string) action {
	return func(d *demo, _ context.Context) error {
		d.out.waits(what)
		return nil
	}
}

// deafen has a director hear nothing from the gateway any more.
func deafen(at int, dev string) action {
	return func(d *demo, _ context.Context) error {
		d.out.note("%s hears nothing from %s any more: no echo replies, and no clients", d.name(at), d.scene.router.addr())
		return d.directors[at].Deafen(dev, d.gateway)
	}
}

// heal ends deafen.
func heal(at int, dev string) action {
	return func(d *demo, _ context.Context) error {
		d.out.note("%s hears %s again", d.name(at), d.scene.router.addr())
		return d.directors[at].Heal(dev)
	}
}

// powerCut ends a director, with the web server on it.
func powerCut(at int) action {
	return func(d *demo, _ context.Context) error {
		d.directors[at].Kill()
		d.out.note("%s is off", d.name(at))
		return nil
	}
}

// powerOn boots a director; its web server starts, heartbeat does not.
func powerOn(at int) action {
	return func(d *demo, ctx context.Context) error {
		d.out.note("%s is on again", d.name(at))
		if err := d.directors[at].Restart(); err != nil {
			return err
		}
		if err := d.setUp(d.scene.directors[at]); err != nil {
			return err
		}
		for i, w := range d.scene.webs {
			if w.on == d.scene.directors[at].name {
				return d.serve(ctx, i)
			}
		}
		return nil
	}
}

// name is a director's name as the output has it.
func (d *demo) name(at int) string { return d.scene.directors[at].short() }

// run runs a command on a host and shows it with its output.
func (d *demo) run(ctx context.Context, h *lab.Host, argv ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := h.Run(ctx, argv...)
	d.out.ran(shortName(h.Name), strings.Join(argv, " "), r.Stdout+r.Stderr)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("%s on %s: exit status %d", strings.Join(argv, " "), shortName(h.Name), r.Code)
	}
	return err
}
