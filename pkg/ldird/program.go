package ldird

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"systole/pkg/ipvs"
	"systole/pkg/ipvs/kernel"
	"systole/pkg/ldirectorcf"
)

// Version is what the original calls itself; log lines and -v keep it.
const Version = "Linux Director v1.186-ha"

// Kernel is the kernel's table: package ipvs/kernel, or a stand-in of a test.
type Kernel interface {
	Read(ctx context.Context) (ipvs.Table, error)
	Apply(ctx context.Context, changes []ipvs.Change) []error
	Close() error
}

// Program is one run of ldirectord.
type Program struct {
	Args           []string // with the program's name
	Stdout, Stderr io.Writer
	ConfigDirs     []string // where CONFIG is looked for, before the path itself
	RunDir         string   // of pid files
	StateDir       string   // of the orders of operators
	LogFile        string   // where the file names none
	Sendmail       []string // local mailers, the first that exists is used
	Open           func(ctx context.Context) (Kernel, error)

	opts     options
	command  string
	instance string // of pid file and log lines
	path     string // of the configuration file, as found
	hostname string
	config   *ldirectorcf.Config
	log      *logger
}

// New is the program as installed.
func New(args []string) *Program {
	return &Program{
		Args: args, Stdout: os.Stdout, Stderr: os.Stderr,
		ConfigDirs: []string{"/etc/ha.d", "/etc/ha.d/conf"},
		RunDir:     "/var/run",
		StateDir:   "/var/lib/heartbeat",
		LogFile:    "/var/log/ldirectord.log",
		Sendmail:   []string{"/usr/sbin/sendmail", "/usr/lib/sendmail"},
		Open: func(ctx context.Context) (Kernel, error) {
			return kernel.Open(ctx, kernel.Options{})
		},
	}
}

// Run does what the command line says and returns the exit code. The order is the original's:
// options, command word, look-up, parse, log line, command (ldirectord spec 1).
func (p *Program) Run() int {
	words, done, code := p.readOptions()
	if done {
		return code
	}
	if !p.readWords(words) {
		fmt.Fprint(p.Stdout, usage)
		return 255
	}
	p.hostname = hostname()
	p.log = p.newLogger()
	defer p.log.close()
	if !p.find(words) {
		return p.withoutConfig(1, "Config file "+p.configWord(words)+" not found", "Initialisation Error")
	}
	diags := p.load()
	p.log.to(p.config.Global)
	if text := p.complaints(diags); failed(diags) {
		return p.withoutConfig(2, text, "config_error: Configuration Error")
	} else if text != "" && !isDaemon() {
		fmt.Fprintln(p.Stderr, text)
	}
	if isDaemon() {
		return p.daemon()
	}
	p.log.line("Invoking ldirectord invoked as: " + p.Args[0] + " " + strings.Join(words, " ") + " ")
	p.log.flush() // before the daemon's lines
	return commands[p.command](p)
}

// commands are the command words. A nil table entry is no command.
var commands = map[string]func(*Program) int{
	"start":        (*Program).start,
	"stop":         (*Program).stop,
	"restart":      (*Program).restart,
	"try-restart":  (*Program).tryRestart,
	"reload":       (*Program).reload,
	"force-reload": (*Program).reload,
	"status":       (*Program).status,
}

// readWords takes the command, and the instance name that follows from the words: with one word
// it is "ldirectord", with more the last component of CONFIG.
func (p *Program) readWords(words []string) bool {
	if len(words) == 0 {
		return false
	}
	p.command, p.instance = words[0], "ldirectord"
	if len(words) > 1 {
		p.command, p.instance = words[1], filepath.Base(words[0])
	}
	return commands[p.command] != nil
}

func (p *Program) configWord(words []string) string {
	if len(words) > 1 {
		return words[0]
	}
	return "ldirectord.cf"
}

// find looks CONFIG up: the first regular file wins, and its path is used in all messages.
func (p *Program) find(words []string) bool {
	name := p.configWord(words)
	for _, dir := range p.ConfigDirs {
		if path := dir + "/" + name; isFile(path) {
			p.path = path
			return true
		}
	}
	p.path = name
	return isFile(name)
}

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// withoutConfig ends a command whose file is missing or refused. stop stops a running daemon all
// the same; the original does nothing, and with a refused file removes the daemon's pid file.
func (p *Program) withoutConfig(code int, text, why string) int {
	if isDaemon() {
		report(code, text)
		return code
	}
	fmt.Fprintln(p.Stderr, text)
	if code == 1 {
		p.log.line(text)
	}
	if pid := p.running(); p.command == "stop" && pid != 0 {
		p.log.line("stopping the running daemon although its configuration file cannot be used")
		return p.stop()
	}
	return p.exit(code, why)
}

// exit logs a code other than 0, as the original does.
func (p *Program) exit(code int, text string) int {
	if code != 0 {
		p.log.line(fmt.Sprintf("Exiting with exit_status %d: %s", code, text))
	}
	return code
}

// hostname is $HOSTNAME, else uname -n.
func hostname() string {
	if h := os.Getenv("HOSTNAME"); h != "" {
		return h
	}
	h, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return h
}
