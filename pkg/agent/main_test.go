package agent

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMain lets the test program stand for the installed one: started under the name of a
// command it is that command.
func TestMain(m *testing.M) {
	main, ok := map[string]func() int{
		sendArpName: func() int { return SendArpMain(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
		"IPaddr2":   func() int { return IPaddr2Main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
		"IPaddr":    func() int { return IPaddrMain(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
		sendUAName:  func() int { return SendUAMain(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
		"agent":     func() int { return Main(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
		"findif":    func() int { return FindifMain(os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr) },
	}[filepath.Base(os.Args[0])]
	if ok {
		os.Exit(main())
	}
	os.Exit(m.Run())
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
