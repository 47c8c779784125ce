package native

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"
)

// tcpMonitor connects to each host.
func tcpMonitor(ctx context.Context, c Call) int {
	o := newOptions("tcp.monitor")
	port := o.StringP("port", "p", "23", "")
	limit := o.seconds("t", 10*time.Second)
	hosts := o.hosts(c)
	all := each(hosts, func(h string) outcome { return connect(ctx, h, *port, limit()) })
	if exit(all) != 0 {
		fmt.Fprintf(c.Stdout, "%s\n\n", failures(all))
		texts(c.Stdout, all, true)
	}
	return exit(all)
}

func connect(ctx context.Context, host, port string, limit time.Duration) outcome {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	to, err := address(ctx, host)
	if err != nil {
		return outcome{failed: true, text: host + " could not inet_aton\n"}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(to, port))
	var errno syscall.Errno
	switch {
	case err == nil:
		conn.Close()
		return outcome{}
	case ctx.Err() != nil:
		return outcome{failed: true, text: host + " timeout\n"}
	case errors.As(err, &errno):
		return outcome{failed: true, text: host + " could not connect: " + capital(errno.Error()) + "\n"}
	}
	return outcome{failed: true, text: host + " could not connect: " + err.Error() + "\n"}
}

// capital writes an error as strerror(3) does.
func capital(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}
