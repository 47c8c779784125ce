package clstatus

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/golden"
	"systole/pkg/hamsg"
	"systole/pkg/hbapi"
	"systole/pkg/hbapi/apitest"
)

var update = flag.Bool("update", false, "write the expected output anew")

// TestOutput runs every command of testdata/output.txt and compares what it prints with the file,
// whose lines the original printed (testdata/README.md).
func TestOutput(t *testing.T) {
	const file = "testdata/output.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, commands := playOutput(t, string(text))
	if commands < 70 {
		t.Fatalf("%d commands", commands)
	}
	golden.File(t, *update, file, got)
}

// playOutput runs the commands ("$ …") of a file and returns it with their output. A line "= …"
// chooses the daemon they talk to.
func playOutput(t *testing.T, text string) (string, int) {
	var b strings.Builder
	scanner := bufio.NewScanner(strings.NewReader(text))
	socket, commands := "", 0
	for scanner.Scan() {
		line := scanner.Text()
		switch {
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(&b, line)
		case strings.HasPrefix(line, "= "):
			fmt.Fprintln(&b, line)
			socket = startDaemon(t, strings.Fields(line[2:]))
		case strings.HasPrefix(line, "$ "):
			fmt.Fprintf(&b, "%s\n%s", line, runOn(socket, strings.Fields(line)[1:]...))
			commands++
		}
	}
	return b.String(), commands
}

// startDaemon starts a daemon with the settings of a "=" line and returns its socket.
func startDaemon(t *testing.T, settings []string) string {
	view, access := apitest.Pair(), apitest.Access()
	clients := map[string]string{}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		switch name {
		case "stopped":
			return filepath.Join(t.TempDir(), "register")
		case "refusing":
			access = hbapi.Access{{Client: "anon"}}
		case "peer":
			view.Status(apitest.Peer, value)
		case "rsc":
			view.Resources = value
		case "site":
			view.NodeList[0].Site = value
		case "pacemaker":
			view.Params["pacemaker"] = value
		case "links":
			view.NodeList[1].Links = append(view.NodeList[1].Links, hbapi.LinkInfo{Name: value, Status: "dead"})
		case "ipfail":
			clients["ipfail"] = value
		default:
			t.Fatalf("unknown setting %q", s)
		}
	}
	d := apitest.StartAccess(t, view, access)
	d.Remote = func(query *hamsg.Message) *hamsg.Message {
		status, known := clients[query.Get("cn")]
		if !known {
			return nil
		}
		return hamsg.New("t", "respond-cstatus", "dest", apitest.Node, "result", "OK", "cn", query.Get("cn"),
			"to_id", query.Get("from_id"), "cs", status, "src", apitest.Peer)
	}
	return d.Socket
}

var logPrefix = regexp.MustCompile(`(?m)^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \S+ cl_status: \[\d+\]: `)

// runOn returns what a command prints, stderr marked with "! ", and its exit code.
func runOn(socket string, args ...string) string {
	var stdout, stderr bytes.Buffer
	c := command{socket: socket, stdout: &stdout, stderr: &stderr, patience: patience}
	code := c.run(args, nil)
	var b strings.Builder
	for line := range strings.Lines(stdout.String()) {
		b.WriteString("> " + line)
	}
	for line := range strings.Lines(logPrefix.ReplaceAllString(stderr.String(), "LOG ")) {
		b.WriteString("! " + line)
	}
	fmt.Fprintf(&b, "exit %d\n", code)
	return b.String()
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"cl_status"}, {"cl_status", "-h"}} {
		var stdout, stderr bytes.Buffer
		if code := Main(args, nil, &stdout, &stderr, nil); code != 0 || stderr.Len() > 0 {
			t.Errorf("%q: exit %d, stderr %q", args, code, &stderr)
		}
		for _, s := range subcommands {
			if !strings.Contains(stdout.String(), "\n"+s.name) {
				t.Errorf("%q: nothing about %s", args, s.name)
			}
		}
	}
}

// TestRequests compares the conversation of each command with the one recorded from the original,
// frame by frame.
func TestRequests(t *testing.T) {
	files, _ := filepath.Glob("../hbapi/testdata/sessions/[01]*.txt")
	if len(files) != 16 {
		t.Fatalf("%d sessions", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			title, recorded := readRecorded(t, file)
			d := apitest.Start(t, apitest.Pair())
			relay, heard := startRelay(t, d.Socket)
			runOn(relay, title...)
			if got := heard(); !slices.Equal(got, recorded) {
				t.Errorf("%q sent\n%s\nrecorded\n%s", title, strings.Join(got, "\n"), strings.Join(recorded, "\n"))
			}
		})
	}
}

var volatile = regexp.MustCompile(`\b(pid|uid|gid|from_id|dest)=\S+`)

// readRecorded returns the command of a session and what the client sent.
func readRecorded(t *testing.T, file string) (title, sent []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	title, _, _ = cutWords(strings.TrimPrefix(lines[0], "# "))
	for i, line := range lines {
		if strings.HasPrefix(line, "C ") {
			_, body, _ := strings.Cut(lines[i+1], ": ")
			body = strings.TrimSuffix(strings.ReplaceAll(body, " | ", " "), " ")
			sent = append(sent, volatile.ReplaceAllString(body, "$1="))
		}
	}
	return title, sent
}

func cutWords(title string) ([]string, string, bool) {
	command, note, found := strings.Cut(title, " (")
	return strings.Fields(command), note, found
}

// startRelay listens where a client can connect, passes everything to the daemon and back, and
// returns the messages of the client.
func startRelay(t *testing.T, daemon string) (socket string, heard func() []string) {
	socket = filepath.Join(t.TempDir(), "relay")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var sent []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		client, err := l.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("unix", daemon)
		if err != nil {
			return
		}
		defer server.Close()
		back := make(chan struct{})
		go func() { defer close(back); pass(client, server, nil); client.Close() }()
		pass(server, client, func(m *hamsg.Message) { sent = append(sent, show(m)) })
		server.Close()
		<-back
	}()
	return socket, func() []string { <-done; return sent }
}

func pass(to, from net.Conn, note func(*hamsg.Message)) {
	frames := hbapi.NewReader(from)
	for {
		body, err := frames.Next()
		if err != nil {
			return
		}
		m, err := hbapi.ParseBody(body)
		if err != nil {
			return
		}
		if note != nil {
			note(m)
		}
		frame, _ := hbapi.AppendFrame(nil, m)
		if _, err := to.Write(frame); err != nil {
			return
		}
	}
}

func show(m *hamsg.Message) string {
	text := strings.ReplaceAll(strings.TrimSpace(string(hamsg.AppendText(nil, m))), "\n", " ")
	return volatile.ReplaceAllString(text, "$1=")
}

// TestNoAnswer: a daemon that accepts and never answers makes every command end by itself.
func TestNoAnswer(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "register")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, name := range []string{"listnodes", "hbstatus", "test", "rscstatus"} {
		var stdout, stderr bytes.Buffer
		c := command{socket: socket, stdout: &stdout, stderr: &stderr, patience: 20 * time.Millisecond}
		if code := c.run([]string{"cl_status", name}, nil); code != exitTimeout || stdout.Len()+stderr.Len() > 0 {
			t.Errorf("%s: exit %d, %q, %q", name, code, &stdout, &stderr)
		}
	}
}
