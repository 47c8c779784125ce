package socket

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The socket replaces one that was left behind, and is not for everybody.
func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for range 2 {
		l, err := Listen(path, 0o660, os.Getgid())
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o660 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		l.Close()
	}
}

// Readers that do not read hold their own connections only, and one too many is turned away.
func TestServe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	l, err := Listen(path, 0o600, os.Getgid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	hold := make(chan struct{})
	served := make(chan struct{})
	var once sync.Once
	go func() {
		defer close(served)
		Serve(ctx, l, func(conn net.Conn) {
			once.Do(func() { <-hold })
			conn.Write([]byte("well"))
		})
	}()
	slow, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	close(hold)
	if text, err := Ask(path, 5*time.Second); err != nil || string(text) != "well" {
		t.Errorf("%q, %v", text, err)
	}
	cancel()
	<-served
	if _, err := Ask(path, time.Second); err == nil {
		t.Error("an answer after the end")
	}
}

func TestOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "control")
	l, err := Listen(path, 0o600, os.Getgid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go Serve(ctx, l, func(conn net.Conn) {
		b := make([]byte, 100)
		n, _ := conn.Read(b)
		conn.Write(b[:n])
	})
	if text, err := Order(path, []byte("drain\n"), 5*time.Second); err != nil || string(text) != "drain\n" {
		t.Errorf("%q, %v", text, err)
	}
}
