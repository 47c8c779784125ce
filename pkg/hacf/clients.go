package hacf

import (
	"fmt"
	"slices"
	"strings"
)

// respawn USER COMMAND ARGS (failover spec 13).
func respawn(r *Reading, d Directive) { r.addClient(d, false) }

// failfast is respawn whose client's abnormal end reboots the machine.
func failfast(r *Reading, d Directive) { r.addClient(d, true) }

func (r *Reading) addClient(d Directive, failFast bool) {
	user, command := cutWord(d.Rest)
	program, _ := cutWord(command)
	if !r.env.hasUser(user) || user == "" {
		r.fail(d, fmt.Sprintf("Invalid uid [%s] specified for client child", user),
			fmt.Sprintf("write: %s USER /PATH/OF/PROGRAM, with a user name of this machine such as hacluster", d.Name))
		return
	}
	if !strings.HasPrefix(program, "/") {
		r.fail(d, fmt.Sprintf("Client child command [%s] is not full pathname", program),
			fmt.Sprintf("write: %s USER /PATH/OF/PROGRAM", d.Name))
		return
	}
	path, ok := r.program(d, program)
	if !ok {
		r.fail(d, fmt.Sprintf("Client child command [%s] is not executable", program),
			"name an executable program, or remove the line")
		return
	}
	r.Config.Clients = append(r.Config.Clients,
		Client{User: user, Command: command, Path: path, FailFast: failFast, Pos: d.Pos})
}

// program returns what a respawn path runs: the file itself, or our daemon when the path is
// where another release kept it (tools spec 1.3).
func (r *Reading) program(d Directive, path string) (string, bool) {
	if r.env.executable(path) {
		return path, true
	}
	ours, ok := r.env.daemonAt(path)
	if !ok || !r.env.executable(ours) {
		return "", false
	}
	r.warn(d, fmt.Sprintf("%s is not there: %s runs in its place", path, ours))
	return ours, true
}

// Line returns the command line to run as sh -c "exec LINE": Command with Path as program.
func (c Client) Line() string {
	_, args := cutWord(c.Command)
	if args == "" {
		return c.Path
	}
	return c.Path + " " + args
}

func cutWord(s string) (word, rest string) {
	end := strings.IndexFunc(s, isBlank)
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.TrimLeft(s[end:], blanks)
}

// builtinAuth is the access list without any apiauth line (tools spec 8.9).
func builtinAuth() []APIAuth {
	return []APIAuth{
		{Client: "ipfail", UIDs: []string{"hacluster"}},
		{Client: "ccm", UIDs: []string{"hacluster"}},
		{Client: "ping", GIDs: []string{"haclient"}},
		{Client: "lha-snmpagent", UIDs: []string{"root"}},
		{Client: "anon", UIDs: []string{"root"}, GIDs: []string{"haclient"}},
	}
}

// apiauth CLIENT [uid=LIST] [gid=LIST], lists separated by commas.
func apiauth(r *Reading, d Directive) {
	auth, why, ok := r.parseAuth(d)
	if ok && r.authGiven(auth.Client) {
		why, ok = fmt.Sprintf("Duplicate apiauth directive for API client %s: [%s]", auth.Client, d.Rest), false
	}
	if !ok {
		r.fail(d, strings.TrimPrefix(why+fmt.Sprintf("\nInvalid apiauth directive [%s]", d.Rest), "\n"),
			"write for instance: apiauth ipfail uid=hacluster gid=haclient")
		r.authSyntax()
		return
	}
	r.Config.APIAuth = append(r.Config.APIAuth, auth)
}

// authSyntax follows every fault; the hint of ours that fail has written moves behind it.
func (r *Reading) authSyntax() {
	hint := r.Lines[len(r.Lines)-1]
	r.Lines = r.Lines[:len(r.Lines)-1]
	r.sayAll("info", "Syntax: apiauth client [uid=uidlist] [gid=gidlist]",
		"Where uidlist is a comma-separated list of uids,",
		"and gidlist is a comma-separated list of gids",
		"One or the other must be specified.")
	r.Lines = append(r.Lines, hint)
}

// parseAuth reads an apiauth line. why is what the original says before its general words.
func (r *Reading) parseAuth(d Directive) (auth APIAuth, why string, ok bool) {
	w := d.Words()
	if len(w) < 2 {
		return auth, "", false
	}
	lists := map[string]string{}
	for _, word := range w[1:] {
		kind, list, set := strings.Cut(word, "=")
		if !set || kind != "uid" && kind != "gid" {
			return auth, "Missing uid or gid in apiauth", false
		}
		if _, twice := lists[kind]; twice {
			return auth, fmt.Sprintf("Duplicate %s list in apiauth", kind), false
		}
		lists[kind] = list
	}
	auth = APIAuth{Client: w[0], UIDs: splitList(lists["uid"]), GIDs: splitList(lists["gid"])}
	why = r.strangeNames(auth, lists)
	return auth, why, why == ""
}

// strangeNames complains about the first name that is not of this machine. Any number will do.
func (r *Reading) strangeNames(auth APIAuth, lists map[string]string) string {
	for _, name := range auth.UIDs {
		if !isNumber(name) && !r.env.hasUser(name) {
			return fmt.Sprintf("Invalid user id name [%s]\nBad uid list [%s]", name, lists["uid"])
		}
	}
	for _, name := range auth.GIDs {
		if !isNumber(name) && !r.env.hasGroup(name) {
			return fmt.Sprintf("Invalid group name [%s]\nBad gid list [%s]", name, lists["gid"])
		}
	}
	return ""
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' })
}

func (r *Reading) authGiven(client string) bool {
	return slices.ContainsFunc(r.Config.APIAuth, func(a APIAuth) bool { return a.Client == client })
}

// settleAPIAuth puts the built-in entries in front that no line has replaced.
func (r *Reading) settleAPIAuth() {
	kept := slices.DeleteFunc(builtinAuth(), func(a APIAuth) bool { return r.authGiven(a.Client) })
	r.Config.APIAuth = append(kept, r.Config.APIAuth...)
}
