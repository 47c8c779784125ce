package check

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"systole/pkg/ldirectorcf"
)

// Target is what to check and how.
type Target struct {
	Virtual *ldirectorcf.Virtual
	Real    *ldirectorcf.Real
	Kind    ldirectorcf.CheckType // negotiate, connect, ping, external or external-perl
	Receive *Pattern              // of Real.Receive; nil matches everything
}

// Result is the outcome of a check.
type Result struct {
	Up      bool
	Message string   // of the monitor file; "" is shown as "-"
	Logs    []string // lines for the log file
}

// messageShown is the length of the longest message, in bytes: some are what a server said.
const messageShown = shownMax + 100

// Func is one kind of check. It must end soon after its context does.
type Func func(ctx context.Context, env *Env, t Target) Result

// Targets prepares checks. Thousands of reals mostly expect the same text: an expression is compiled
// once. The zero value is ready; one goroutine uses it.
type Targets struct{ patterns map[string]*Pattern }

// New prepares the check of a real. It fails for what cannot be checked: a regular expression
// that does not compile, at which the original dies, or a service we have no check for.
func New(v *ldirectorcf.Virtual, r *ldirectorcf.Real) (Target, error) { return new(Targets).New(v, r) }

// New is New with the expressions of earlier ones.
func (ts *Targets) New(v *ldirectorcf.Virtual, r *ldirectorcf.Real) (Target, error) {
	t := Target{Virtual: v, Real: r, Kind: v.CheckType}
	if negotiates(v) {
		if find(Services(), v.CheckService) == nil {
			return t, fmt.Errorf("virtual %s: service %s cannot be checked by this program", v.Name, v.CheckService)
		}
		var err error
		if t.Receive, err = ts.compile(r.Receive); err != nil {
			return t, fmt.Errorf("virtual %s: %w", v.Name, err)
		}
	}
	return t, nil
}

func (ts *Targets) compile(text string) (*Pattern, error) {
	if p, known := ts.patterns[text]; known {
		return p, nil
	}
	p, err := Compile(text)
	if err != nil {
		return nil, err
	}
	if ts.patterns == nil {
		ts.patterns = map[string]*Pattern{}
	}
	ts.patterns[text] = p
	return p, nil
}

func negotiates(v *ldirectorcf.Virtual) bool {
	return v.CheckType == ldirectorcf.CheckNegotiate || v.CheckType == ldirectorcf.CheckCombined
}

// Run carries out a check. A library that panics over what a server sent makes the server down,
// not the daemon.
func Run(ctx context.Context, env *Env, t Target) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = Result{Message: fmt.Sprint("unusable answer: ", p)}
		}
		res.Message = res.Message[:min(len(res.Message), messageShown)]
	}()
	f := find(Types(), string(t.Kind))
	if f == nil {
		return Result{Message: "no such check: " + string(t.Kind)}
	}
	return f(ctx, env, t)
}

// host is the address of the real as the original writes it: IPv6 in brackets.
func (t Target) host() string { return bracketed(t.Real.Addr) }

// port is the port to check: checkport, the real's, or the service's (ldirectord spec 4.2).
func (t Target) port() string { return strconv.Itoa(t.Real.CheckPort) }

// address is where to connect to.
func (t Target) address() string { return net.JoinHostPort(t.Real.Addr.String(), t.port()) }

// request is the request string without the "/" that every one gets (ldirectord spec 4.2).
func (t Target) request() string {
	if t.Real.Request != "" && t.Real.Request[0] == '/' {
		return t.Real.Request[1:]
	}
	return t.Real.Request
}

func bracketed(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}
