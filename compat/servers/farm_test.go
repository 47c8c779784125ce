package servers

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// server is a program that serves.
type server struct {
	name    string
	prepare string // shell, "" for nothing to prepare
	run     string // shell; stays in the foreground
	ports   string // what it listens on when it is ready
}

const asPostgres = "setpriv --reuid=postgres --regid=postgres --clear-groups "

// servers is the table of all programs, real and played.
func servers() []server {
	return []server{
		{"nginx", "", "nginx -c /etc/servers/nginx/nginx.conf", "tcp:80 tcp:443 tcp:3128 tcp:8081 tcp:8443 tcp:50053 tcp:50054"},
		{"exim", "cp /etc/servers/exim.conf /etc/exim4/exim4.conf", "exim4 -bdf -q1h", "tcp:25 tcp:587 tcp:2525"},
		{"dovecot", "", "dovecot -F -c /etc/servers/dovecot/dovecot.conf", "tcp:110 tcp:143 tcp:993 tcp:995"},
		{"vsftpd", "", "vsftpd /etc/servers/vsftpd.conf", "tcp:21"},
		{"unbound", "", "unbound -d -c /etc/servers/unbound/unbound.conf", "tcp:53 udp:53"},
		{"slapd", "mkdir -p /srv/ldap && slapadd -f /etc/servers/ldap/slapd.conf -l /etc/servers/ldap/content.ldif",
			"slapd -d 0 -f /etc/servers/ldap/slapd.conf -h 'ldap:/// ldaps:///'", "tcp:389 tcp:636"},
		{"radius", "", "freeradius -f -l stdout -n radiusd -d /etc/servers/radius", "udp:1812"},
		{"mariadb", "", "mariadbd --no-defaults --user=nobody --datadir=/var/lib/checkdb --socket=/var/lib/checkdb/sock " +
			"--pid-file=/var/lib/checkdb/pid --init-file=/etc/servers/mariadb/init.sql --bind-address=0.0.0.0 --innodb-log-file-size=4M", "tcp:3306"},
		{"postgresql", "install -o postgres -m 600 /etc/servers/key.pem /run/postgresql/key.pem",
			asPostgres + "/usr/lib/postgresql/*/bin/postgres -D /var/lib/postgresql/*/main -c config_file=$(echo /etc/postgresql/*/main/postgresql.conf) " +
				"-c hba_file=/etc/servers/postgresql/pg_hba.conf -c listen_addresses=0.0.0.0 " +
				"-c ssl_cert_file=/etc/servers/cert.pem -c ssl_key_file=/run/postgresql/key.pem", "tcp:5432"},
		{"kamailio", "", "kamailio -f /etc/servers/kamailio/kamailio.cfg -DD -E -m 32 -M 4", "tcp:5060 udp:5060 udp:5062"},
		{"played", "", lab.Self + " lab:played", "tcp:119 tcp:1190 tcp:1521 tcp:50051 tcp:50052"},
	}
}

// farm is the director's host and the servers'.
type farm struct {
	director, host *lab.Host
	running        map[string]*lab.Process
}

// The servers' addresses, and the name in their certificate.
const (
	address4   = "10.1.0.11"
	address6   = "fd00::11"
	serverName = "www.example.com"
)

func newFarm(t *testing.T) *farm {
	t.Helper()
	l := lab.Test(t)
	if err := lab.EnsureServers(t.Context()); err != nil {
		t.Fatalf("root of the servers' host: %v", err)
	}
	lan := lab.OK(l.Switch("lan"))(t)
	f := &farm{running: map[string]*lab.Process{}}
	f.director = lab.OK(l.Host(lab.Spec{Name: "director", Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.1.0.1/16", "fd00::1/64")}}))(t)
	f.host = lab.OK(l.Host(lab.Spec{Name: "servers", Flavour: lab.Servers,
		Ports: map[string]lab.Port{"eth0": lab.On(lan, address4+"/16", address6+"/64")}}))(t)
	introduce(t, f.director, f.host)
	f.furnish(t)
	for _, s := range servers() {
		f.start(t, s)
	}
	for _, s := range servers() {
		until(t, func() string { return f.notListening(t, s) })
	}
	return f
}

// introduce tells two hosts each other's hardware address for good. All namespaces of a machine share
// one table of neighbours, and other tests may have filled it.
func introduce(t *testing.T, a, b *lab.Host) {
	t.Helper()
	for _, pair := range [][2]*lab.Host{{a, b}, {b, a}} {
		mac := strings.TrimSpace(lab.OK(pair[1].Check(t.Context(), "cat", "/sys/class/net/eth0/address"))(t))
		addrs := lab.OK(pair[1].Check(t.Context(), "ip", "-o", "addr", "show", "dev", "eth0", "scope", "global"))(t)
		for _, line := range strings.Split(strings.TrimSpace(addrs), "\n") {
			addr, _, _ := strings.Cut(strings.Fields(line)[3], "/")
			lab.OK(pair[0].Check(t.Context(), "ip", "neigh", "replace", addr, "lladdr", mac, "nud", "permanent", "dev", "eth0"))(t)
		}
	}
}

// furnish writes the configurations, a certificate and the pages.
func (f *farm) furnish(t *testing.T) {
	t.Helper()
	etc := os.DirFS("testdata/etc")
	err := fs.WalkDir(etc, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(etc, name)
		if err != nil {
			return err
		}
		return f.host.WriteFile(path.Join("/etc/servers", name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	cert, key := selfSigned(t)
	for name, text := range map[string]string{
		"/etc/servers/cert.pem": cert, "/etc/servers/key.pem": key,
		"/srv/www/index.html":  "I am well\n",
		"/srv/www/big.html":    strings.Repeat("much of a muchness\n", 5000) + "the end\n",
		"/srv/ftp/welcome.msg": "Welcome to the farm\n",
	} {
		if err := f.host.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"install -d -o mail /srv/mail",
		"echo 0 > /proc/sys/net/ipv4/icmp_ratelimit", // every datagram to a closed port is to be answered
	} {
		if _, err := f.host.Check(t.Context(), "sh", "-c", line); err != nil {
			t.Fatal(err)
		}
	}
}

// selfSigned makes a certificate as many servers have it: signed by nobody.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: serverName}, DNSNames: []string{serverName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func (f *farm) start(t *testing.T, s server) {
	t.Helper()
	if s.prepare != "" {
		if _, err := f.host.Check(t.Context(), "sh", "-c", s.prepare); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	f.running[s.name] = lab.OK(f.host.Start("sh", "-c", "exec "+s.run))(t)
	t.Cleanup(func() {
		if t.Failed() {
			p := f.running[s.name]
			t.Logf("%s wrote %.2000s%.2000s", s.name, p.Stdout(), p.Stderr())
		}
	})
}

// listening lists the ports that somebody listens on: "tcp:80".
func (f *farm) listening(t *testing.T) []string {
	t.Helper()
	var ports []string
	out := lab.OK(f.host.Check(t.Context(), "ss", "-Hltun"))(t)
	for _, line := range strings.Split(out, "\n") {
		if w := strings.Fields(line); len(w) > 4 {
			ports = append(ports, w[0]+w[4][strings.LastIndex(w[4], ":"):])
		}
	}
	return ports
}

// notListening names a port of a server that is not open yet, and fails if the server has ended.
func (f *farm) notListening(t *testing.T, s server) string {
	t.Helper()
	select {
	case <-f.running[s.name].Done():
		t.Fatalf("%s has ended", s.name)
	default:
	}
	open := f.listening(t)
	for _, port := range strings.Fields(s.ports) {
		if !slices.Contains(open, port) {
			return s.name + " on " + port
		}
	}
	return ""
}

// signal sends a signal to a server and all its descendants.
func (f *farm) signal(t *testing.T, name string, sig unix.Signal) {
	t.Helper()
	family := []string{strconv.Itoa(f.running[name].Pid())}
	processes := strings.Split(lab.OK(f.host.Check(t.Context(), "ps", "-eo", "pid=,ppid=", "--sort=start_time"))(t), "\n")
	for more := true; more; {
		more = false
		for _, line := range processes {
			if w := strings.Fields(line); len(w) == 2 && slices.Contains(family, w[1]) && !slices.Contains(family, w[0]) {
				family, more = append(family, w[0]), true
			}
		}
	}
	argv := append([]string{"kill", "-" + strconv.Itoa(int(sig))}, family...)
	if _, err := f.host.Check(t.Context(), argv...); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// end ends a server as its init script would, by a TERM to its first process.
func (f *farm) end(t *testing.T, name string) {
	t.Helper()
	p := f.running[name]
	if err := p.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(patience.For(t)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// dial connects from the director; it knows the one name there is.
func (f *farm) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if strings.HasPrefix(network, "ip") {
		return dialIP(ctx, f.director, network, address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if host == serverName {
		address = net.JoinHostPort(address4, port)
	}
	return f.director.Dial(ctx, network, address)
}

// socket makes a socket of the director.
func (f *farm) socket(domain, kind, protocol int) (fd int, err error) {
	err = f.director.Do(func() (err error) {
		fd, err = unix.Socket(domain, kind, protocol)
		return err
	})
	return fd, err
}

// listen listens on the servers' host, on a port of the kernel's choice.
func (f *farm) listen(t *testing.T, host string) net.Listener {
	t.Helper()
	l := lab.OK(f.host.Listen("tcp", net.JoinHostPort(host, "0")))(t)
	t.Cleanup(func() { l.Close() })
	return l
}

// listenPacket is listen for datagrams.
func (f *farm) listenPacket(t *testing.T, host string) net.PacketConn {
	t.Helper()
	var c net.PacketConn
	err := f.host.Do(func() (err error) {
		c, err = net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// portOf is the port of a listener.
func portOf(a net.Addr) int { return int(netip.MustParseAddrPort(a.String()).Port()) }
