package servers

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// runPlayed is this program as the played servers.
func runPlayed([]string) int {
	fmt.Fprintln(os.Stderr, playServers())
	return 1
}

// playServers serves until it is killed: news on 119 and, out of order, on 1190; gRPC on 50051,
// with TLS on 50052; on 1521 a listener of Oracle's that knows no service.
func playServers() error {
	failed := make(chan error)
	for address, serve := range map[string]func(net.Listener) error{
		":119":   says("200 news.example.com ready\r\n"),
		":1190":  says("400 out of order\r\n"),
		":1521":  func(l net.Listener) error { return acceptAll(l, refuseTNS) },
		":50051": healthServer().Serve,
		":50052": func(l net.Listener) error {
			return healthServer().ServeTLS(l, "/etc/servers/cert.pem", "/etc/servers/key.pem")
		},
	} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		go func() { failed <- serve(l) }()
	}
	return <-failed
}

// says greets everybody and listens.
func says(greeting string) func(net.Listener) error {
	return func(l net.Listener) error {
		return acceptAll(l, func(c net.Conn) {
			io.WriteString(c, greeting)
			io.Copy(io.Discard, c)
		})
	}
}

func acceptAll(l net.Listener, serve func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}

// refuseTNS answers as Oracle's listener does when it does not know the service: a packet of type 4.
func refuseTNS(c net.Conn) {
	head := make([]byte, 8)
	if _, err := io.ReadFull(c, head); err != nil {
		return
	}
	io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint16(head))-8)
	text := "(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)(ERROR_STACK=(ERROR=(CODE=12514)(EMFI=4))))"
	packet := binary.BigEndian.AppendUint16(nil, uint16(12+len(text)))
	packet = append(packet, 0, 0, 4, 0, 0, 0, 4, 0)
	packet = binary.BigEndian.AppendUint16(packet, uint16(len(text)))
	c.Write(append(packet, text...))
}

// healthServer speaks HTTP/2, with TLS and without, and nothing else.
func healthServer() *http.Server {
	s := &http.Server{Handler: http.HandlerFunc(answerHealth), Protocols: new(http.Protocols), ReadHeaderTimeout: time.Minute}
	s.Protocols.SetHTTP2(true)
	s.Protocols.SetUnencryptedHTTP2(true)
	return s
}

// answerHealth is the health service: the whole server and "shop" are well, "stock" is not.
func answerHealth(w http.ResponseWriter, r *http.Request) {
	question, _ := io.ReadAll(io.LimitReader(r.Body, 1000))
	w.Header().Set("Content-Type", "application/grpc")
	states := map[string]byte{"\x00\x00\x00\x00\x00": 1, "\x00\x00\x00\x00\x06\x0a\x04shop": 1, "\x00\x00\x00\x00\x07\x0a\x05stock": 2}
	state, known := states[string(question)]
	if r.Method != http.MethodPost || r.URL.Path != "/grpc.health.v1.Health/Check" || r.Header.Get("Te") != "trailers" || !known {
		w.Header().Set("Grpc-Status", "5")
		w.Header().Set("Grpc-Message", "unknown service")
		return
	}
	w.Header().Set("Trailer", "Grpc-Status")
	w.Write([]byte{0, 0, 0, 0, 2, 8, state})
	w.Header().Set("Grpc-Status", "0")
}
