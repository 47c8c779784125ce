package logd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const usage = "usage: ha_logger [-t tag] [-D <ha-log/ha-debug>] [message]\n"

// defaultTag is who speaks if nobody says.
const defaultTag = "cluster"

// patience is for a daemon that accepts and does not read.
const patience = 5 * time.Second

// logger is one run of ha_logger.
type logger struct {
	socket string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	tag    string
	level  int
	words  []string
}

// Main is the command ha_logger [-t TAG] [-D ha-log|ha-debug] [MESSAGE...]. Each word is a line of
// its own in the log; without words, each line of standard input is. The exit code is 1 for wrong
// use and if ha_logd cannot be reached.
func Main(args []string, _ func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	l := logger{socket: Socket, stdin: stdin, stdout: stdout, stderr: stderr, tag: defaultTag, level: LevelInfo}
	return l.run(args)
}

func (l *logger) run(args []string) int {
	if complaint, ok := l.parse(args); !ok {
		io.WriteString(l.stderr, complaint)
		io.WriteString(l.stdout, usage)
		return 1
	}
	conn, err := net.Dial("unix", l.socket)
	if err != nil {
		io.WriteString(l.stderr, "logd is not running")
		return 1
	}
	defer conn.Close()
	if l.level == noLevel {
		io.WriteString(l.stdout, usage)
		return 1
	}
	if err := l.send(conn); err != nil {
		fmt.Fprintf(l.stderr, "ha_logger: %v\n", err)
		return 1
	}
	return 0
}

// parse reads the options as getopt does, which may stand anywhere. It returns getopt's complaint.
func (l *logger) parse(args []string) (complaint string, ok bool) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			l.words = append(l.words, args...)
			return "", true
		case len(word) < 2 || word[0] != '-':
			l.words = append(l.words, word)
			continue
		case word[1] == 'h' || word == "--help":
			return "", false
		case word[1] != 't' && word[1] != 'D':
			return fmt.Sprintf("ha_logger: invalid option -- '%c'\n", word[1]), false
		}
		value := word[2:]
		if value == "" {
			if len(args) == 0 {
				return fmt.Sprintf("ha_logger: option requires an argument -- '%c'\n", word[1]), false
			}
			value, args = args[0], args[1:]
		}
		l.set(word[1], value)
	}
	return "", true
}

// noLevel is what an unknown name of a log means. The original complains of it once it is connected.
const noLevel = -1

// set sets what an option says.
func (l *logger) set(option byte, value string) {
	levels := map[string]int{"ha-log": LevelInfo, "ha-debug": LevelDebug}
	level, known := levels[value]
	switch {
	case option == 't':
		l.tag = value
	case known:
		l.level = level
	default:
		l.level = noLevel
	}
}

func (l *logger) send(conn net.Conn) error {
	for _, word := range l.words {
		if err := l.line(conn, word); err != nil {
			return err
		}
	}
	if len(l.words) > 0 {
		return nil
	}
	in := bufio.NewReaderSize(l.stdin, MaxText+1)
	for {
		text, err := in.ReadSlice('\n')
		if len(text) > 0 {
			if err := l.line(conn, strings.TrimSuffix(string(text), "\n")); err != nil {
				return err
			}
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil // the end of what there is to log
		}
	}
}

// line sends a line, in pieces if it is long.
func (l *logger) line(conn net.Conn, text string) error {
	for {
		piece := text[:min(len(text), MaxText)]
		if err := conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		r := Record{Level: l.level, PID: os.Getpid(), Entity: l.tag, Text: piece, Time: time.Now()}
		if _, err := conn.Write(r.Append(nil)); err != nil {
			return fmt.Errorf("write to ha_logd: %w", err)
		}
		if text = text[len(piece):]; text == "" {
			return nil
		}
	}
}
