// Package socket carries state documents: a daemon gives each connection one and closes it.
//
//	Listen ──▶ Serve ──accept──▶ tell() ──▶ document ──▶ closed
//	                   at most Readers at once, each with its own patience
//	Ask    ──connect──▶ everything until the end
//
// A reader that is slow or hostile holds only its own connection.
package socket

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// Bounds of a server: a reader who does not read is dropped.
const (
	Readers  = 8
	Patience = 5 * time.Second
)

// maxDocument bounds what Ask reads. A pair's document has a few kilobytes, that of a director
// about 600 bytes a server.
const maxDocument = 64 << 20

// Listen makes a socket, in the place of what an earlier life left there. As root it belongs to
// root and the group.
func Listen(path string, mode fs.FileMode, gid int) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	err = os.Chmod(path, mode)
	if err == nil && os.Geteuid() == 0 {
		err = os.Chown(path, 0, gid)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Serve gives each connection what talk writes, until the context ends, and then waits for those
// under way. A connection too many is closed at once.
func Serve(ctx context.Context, l net.Listener, talk func(net.Conn)) {
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var readers sync.WaitGroup
	defer readers.Wait()
	slots := make(chan struct{}, Readers)
	for ctx.Err() == nil {
		conn, err := l.Accept()
		if err != nil {
			pause(ctx)
			continue
		}
		select {
		case slots <- struct{}{}:
			readers.Go(func() {
				defer func() { <-slots }()
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(Patience))
				talk(conn)
			})
		default:
			conn.Close()
		}
	}
}

// pause keeps a server that is out of file descriptors from spinning.
func pause(ctx context.Context) {
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
	}
}

// Ask reads what the daemon at a socket says. The error is that of the connection.
func Ask(path string, timeout time.Duration) ([]byte, error) {
	conn, err := net.DialTimeout("unix", path, timeout)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	text, err := io.ReadAll(io.LimitReader(conn, maxDocument))
	if err == nil && len(text) == 0 {
		err = errors.New("the daemon closed the connection without an answer")
	}
	return text, err
}

// Order sends one line and reads the answer.
func Order(path string, request []byte, timeout time.Duration) ([]byte, error) {
	conn, err := net.DialTimeout("unix", path, timeout)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(conn, maxDocument))
}
