package native

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"systole/pkg/ipvs"
	"systole/pkg/loopback"
)

// run calls a program of the table.
func run(t *testing.T, name string, args ...string) (out, errs string, code int) {
	t.Helper()
	p, ok := Find(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	var stdout, stderr bytes.Buffer
	code = p.Run(t.Context(), Call{Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
	return stdout.String(), stderr.String(), code
}

// serve answers every connection with the bytes, or with silence, and hands out what it was asked.
func serve(t *testing.T, answer string) (port string, asked <-chan string) {
	t.Helper()
	at, asked := loopback.Answer(t, answer)
	return fmt.Sprint(at.Port()), asked
}

// What the http.monitor of mon 1.3.6 printed and asked for the same servers.
func TestHTTPMonitor(t *testing.T) {
	page, asked := serve(t, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello\nworld")
	bad, _ := serve(t, "HTTP/1.1 500 Bad\r\nServer: x\r\n\r\nhello")
	moved, _ := serve(t, "HTTP/1.1 302 Moved\r\nLocation: /\r\n\r\n")
	garbage, _ := serve(t, "garbage")
	silent, _ := serve(t, "")
	const h = "127.0.0.1"
	for _, c := range []struct {
		args, out string
		code      int
	}{
		{"-p " + page + " " + h, "\nHOST 127.0.0.1: ok\nHTTP/1.1 200 OK\r\nServer: x\n\n", 0},
		{"-p " + bad + " " + h, "127.0.0.1\nHOST 127.0.0.1: HTTP response code failure\nHTTP/1.1 500 Bad\r\nServer: x\n\n", 1},
		{"-p " + garbage + " " + h, "127.0.0.1\nHOST 127.0.0.1: HTTP response code failure\n\n", 1},
		{"-p " + silent + " -t 1 " + h, "127.0.0.1\nHOST 127.0.0.1: timeout after 1 seconds\n\n", 1},
		{"-p " + fmt.Sprint(loopback.Nobody(t).Port()) + " " + h, "127.0.0.1\nHOST 127.0.0.1: HTTP response code failure\n\n", 1},
		{"-p " + moved + " " + h, "\nHOST 127.0.0.1: ok\nHTTP/1.1 302 Moved\r\nLocation: /\n\n", 0},
		{"-o -p " + page + " " + h, "\n", 0},
		{"-p" + page + " -m hello.world -a agent -u /x " + h, "\nHOST 127.0.0.1: ok\nHTTP/1.1 200 OK\r\nServer: x\n\n", 0},
		{"-m hello -p " + bad + " " + h, "\nHOST 127.0.0.1: ok\nHTTP/1.1 500 Bad\r\nServer: x\n\n", 0},
		{"-m zzz -p " + page + " " + h, "127.0.0.1\nHOST 127.0.0.1: Regex match failed\nHTTP/1.1 200 OK\r\nServer: x\n\n", 1},
		{"-p " + page + " 127.0.0.2 " + h, "127.0.0.2\nHOST 127.0.0.2: HTTP response code failure\n\nHOST 127.0.0.1: ok\nHTTP/1.1 200 OK\r\nServer: x\n\n", 1},
		{"", "", 0},
	} {
		if out, errs, code := run(t, "http.monitor", strings.Fields(c.args)...); out != c.out || code != c.code || errs != "" {
			t.Errorf("%s: exit code %d %s\n%q\nwant %d\n%q", c.args, code, errs, out, c.code, c.out)
		}
	}
	want := []string{"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: mon.d/http.monitor\r\n\r\n", "GET /x HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: agent\r\n\r\n"}
	got := []string{<-asked, <-asked, <-asked}
	if got[0] != want[0] || got[2] != want[1] {
		t.Errorf("asked %q, want %q", got, want)
	}
	if out, errs, code := run(t, "http.monitor", "-x", "-p", page, h); code != 0 || errs == "" || !strings.HasPrefix(out, "\nHOST 127.0.0.1: ok") {
		t.Errorf("an unknown option: exit code %d, %q, %q", code, out, errs)
	}
}

func TestTCPMonitor(t *testing.T) {
	open, _ := serve(t, "x")
	shut := fmt.Sprint(loopback.Nobody(t).Port())
	for _, c := range []struct {
		args, out string
		code      int
	}{
		{"-p " + open + " 127.0.0.1", "", 0},
		{"-p " + shut + " 127.0.0.2 127.0.0.1", "127.0.0.1 127.0.0.2\n\n127.0.0.2 could not connect: Connection refused\n127.0.0.1 could not connect: Connection refused\n", 1},
		{"-p " + open + " no.such.host.invalid", "no.such.host.invalid\n\nno.such.host.invalid could not inet_aton\n", 1},
		{"-p " + open, "", 0},
	} {
		if out, errs, code := run(t, "tcp.monitor", strings.Fields(c.args)...); out != c.out || code != c.code || errs != "" {
			t.Errorf("%s: exit code %d %s\n%q\nwant %d\n%q", c.args, code, errs, out, c.code, c.out)
		}
	}
}

func TestNoHosts(t *testing.T) {
	for _, name := range []string{"ping.monitor", "fping.monitor"} {
		if out, _, code := run(t, name); code != 1 || !strings.Contains(out, "no hosts found") {
			t.Errorf("%s: exit code %d, %q", name, code, out)
		}
	}
}

const howTo = "-s http -g realNode-1 -h 129.254.203.146 -t 1795217542 "

func orderFrom(t *testing.T, line string) (order, []string) {
	t.Helper()
	o, notes, err := readOrder(strings.Fields(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return o, notes
}

// The lines of how-to 001, as its page has them: en dashes and all.
func TestOrder(t *testing.T) {
	vip := ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort("129.254.203.149:80"))
	dest := ipvs.Dest{Addr: netip.MustParseAddrPort("129.254.203.146:80"), Forward: ipvs.Route, Weight: 1}
	for _, c := range []struct {
		line  string
		up    bool
		notes int
	}{
		{howTo + "-P tcp -V 129.254.203.149:80 –R 129.254.203.146 -W 1 -F dr -X down", false, 1},
		{howTo + "-u -P tcp -V 129.254.203.149:80 -R 129.254.203.146 –W 1 -F dr", true, 1},
		{howTo + "-Ptcp -V129.254.203.149:80 -R129.254.203.146:80 -Fg -X up", true, 0},
	} {
		o, notes := orderFrom(t, c.line)
		if o.up != c.up || o.service.ServiceID != vip || o.dest != dest || len(notes) != c.notes {
			t.Errorf("%s: %+v, %q", c.line, o, notes)
		}
	}
	o, _ := orderFrom(t, "-P udp -V [fd00::1]:53 -R [fd00::2]:54 -F nat -W 0 -B -D -S rr")
	if !o.build || !o.remove || o.service.Scheduler != "rr" || o.dest.Weight != 0 || o.dest.Forward != ipvs.Masq || o.dest.Addr.Port() != 54 {
		t.Errorf("%+v", o)
	}
	for _, line := range []string{"", "-V 10.0.0.1 -R 10.0.0.2", "-V 10.0.0.1:80", "-V 10.0.0.1:80 -R x", "-V 10.0.0.1:80 -R 10.0.0.2 -W x", "-V 10.0.0.1:80 -R 10.0.0.2 -W 65536",
		"-V 10.0.0.1:80 -R 10.0.0.2 -F x", "-V 10.0.0.1:80 -R 10.0.0.2 -P x", "-V 10.0.0.1:80 -R 10.0.0.2 more", "-V"} {
		if o, _, err := readOrder(strings.Fields(line)); err == nil {
			t.Errorf("%q is read as %+v", line, o)
		}
		if _, errs, code := run(t, "lvs.alert", strings.Fields(line)...); code != 1 || errs == "" {
			t.Errorf("%q: exit code %d, %q", line, code, errs)
		}
	}
}

// Each order does what is needed and, done again, nothing.
func TestChanges(t *testing.T) {
	var table ipvs.Table
	for _, c := range []struct {
		line, want string
	}{
		{"-V 10.0.0.1:80 -R 10.0.0.2", ""},
		{"-u -V 10.0.0.1:80 -R 10.0.0.2 -B -S rr", "-A -t 10.0.0.1:80 -s rr, -a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1"},
		{"-u -V 10.0.0.1:80 -R 10.0.0.2 -B -S rr", ""},
		{"-u -V 10.0.0.1:80 -R 10.0.0.3:81 -W 5", "-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 5"},
		{"-u -V 10.0.0.1:80 -R 10.0.0.3:81 -W 6", "-e -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 6"},
		{"-V 10.0.0.1:80 -R 10.0.0.3:81", "-d -t 10.0.0.1:80 -r 10.0.0.3:80"},
		{"-V 10.0.0.1:80 -R 10.0.0.3:81", ""},
		{"-V 10.0.0.1:80 -R 10.0.0.2 -D", "-D -t 10.0.0.1:80"},
	} {
		o, _ := orderFrom(t, c.line)
		changes, err := o.changes(table)
		var got []string
		for _, ch := range changes {
			got = append(got, ch.String())
		}
		if err != nil || strings.Join(got, ", ") != c.want {
			t.Fatalf("%s: %q, %v; want %q", c.line, got, err, c.want)
		}
		if table, err = table.Apply(changes); err != nil {
			t.Fatal(err)
		}
	}
	o, _ := orderFrom(t, "-u -V 10.0.0.9:80 -R 10.0.0.2")
	if _, err := o.changes(nil); err == nil {
		t.Error("a server for a service that is not there")
	}
}

func TestNames(t *testing.T) {
	var names []string
	for _, p := range Programs() {
		names = append(names, p.Name)
	}
	if _, ok := Find("no.monitor"); ok || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("%q", names)
	}
}

// A monitor ends with its context.
func TestEnds(t *testing.T) {
	silent, _ := serve(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := Find("http.monitor")
	var out bytes.Buffer
	if code := p.Run(ctx, Call{Args: []string{"-p", silent, "127.0.0.1"}, Stdout: &out, Stderr: &out}); code != 1 {
		t.Errorf("exit code %d, %s", code, out.String())
	}
}
