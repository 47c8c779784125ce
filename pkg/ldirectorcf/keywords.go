package ldirectorcf

// services are the values of service=, in the order of the original's manual page.
var services = []string{"dns", "ftp", "http", "https", "http_proxy", "imap", "imaps", "ldap", "ldaps", "mysql", "nntp",
	"none", "oracle", "pop", "pops", "radius", "pgsql", "simpletcp", "sip", "smtp", "submission"}

// ownServices are values of service= that the original refuses: HTTP/2 with and without TLS, and the
// health service of gRPC without and with TLS. None has a port of its own.
var ownServices = []string{"h2", "h2c", "grpc", "grpcs"}

// standardPort is the port of a service: the default of service= by the port of the virtual, and
// the default port of a check by the service (ldirectord spec 4.2).
var standardPort = []struct {
	port    uint16
	service string
}{
	{21, "ftp"}, {25, "smtp"}, {53, "dns"}, {80, "http"}, {110, "pop"}, {119, "nntp"}, {143, "imap"}, {389, "ldap"},
	{443, "https"}, {587, "submission"}, {636, "ldaps"}, {993, "imaps"}, {995, "pops"}, {1521, "oracle"},
	{1812, "radius"}, {3128, "http_proxy"}, {3306, "mysql"}, {5060, "sip"}, {5432, "pgsql"},
}

func serviceOfPort(port uint16) string {
	for _, s := range standardPort {
		if s.port == port {
			return s.service
		}
	}
	return "none"
}

// portOfService returns 0 for none, simpletcp and our own, which have no port of their own.
func portOfService(service string) uint16 {
	for _, s := range standardPort {
		if s.service == service {
			return s.port
		}
	}
	return 0
}

// schedulers are those of the kernel (net/netfilter/ipvs/Kconfig).
var schedulers = []string{"rr", "wrr", "lc", "wlc", "fo", "ovf", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "twos"}

// schedFlags are the words ipvsadm(8) knows for --sched-flags.
var schedFlags = []string{"sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2", "flag-3"}

// wordsOf turns a table of named strings into strings.
func wordsOf[T ~string](table []T) []string {
	var words []string
	for _, t := range table {
		words = append(words, string(t))
	}
	return words
}
