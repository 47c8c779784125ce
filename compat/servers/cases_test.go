package servers

// words are what a check says of a server that hangs and of one that is not there; part of the
// answer, one of so many, is too little for it.
type words struct {
	hangs, gone string
	part        int64
}

var (
	asWeb   = words{"500 Timeout Alarm", "500 Can't connect to ADDRESS (Connection refused)", 2}
	asTalk  = words{"Timeout", "Connection refused", 2}
	asSIP   = words{"Timeout", "Connection refused", 32} // the first line is enough
	asDNS   = words{"Connection timed out", "Connection timed out", 2}
	asLDAP  = words{"Bind failed", "Connection failed", 2}
	asLDAPS = words{"Connection failed", "Connection failed", 2}
	asMute  = words{}
)

// testCase is a check of a server.
type testCase struct {
	name    string
	server  string
	port    int
	config  string // lines of the virtual, apart by |
	up      bool
	message string // while the server is well
	words
}

// The checks' configurations, shortened.
const (
	login  = `|login="checker"|passwd="secret"`
	wrong  = `|login="checker"|passwd="wrong"`
	dnLog  = `|login="cn=checker,dc=example,dc=com"|passwd="secret"`
	dnFail = `|login="cn=checker,dc=example,dc=com"|passwd="wrong"`
	base   = `|request="dc=example,dc=com"`
	query  = `|request="SELECT 1"`
	none   = `|request="SELECT 1 WHERE 1=0"`
	udp    = `|protocol=udp`
	six    = `|SIX` // the servers' IPv6 address
	byName = `|virtualhost=www.example.com`
)

// cases is the table: one line a case.
var cases = []testCase{
	{"http", "nginx", 80, `service=http|request="index.html"|receive="well$"`, true, "200 OK", asWeb},
	{"http wrong text", "nginx", 80, `service=http|request="index.html"|receive="ill"`, false, "I am well\n", asWeb},
	{"http 404", "nginx", 80, `service=http|request="missing.html"`, false, "404 Not Found", asWeb},
	{"http 503", "nginx", 80, `service=http|request="broken"|receive="well"`, false, "503 Service Temporarily Unavailable", asWeb},
	{"http HEAD", "nginx", 80, `service=http|httpmethod=HEAD`, true, "200 OK", asWeb},
	{"http virtual host", "nginx", 80, `service=http|receive="^virtual host$"` + byName, true, "200 OK", asWeb},
	{"http redirection", "nginx", 80, `service=http|request="moved"|receive="well$"`, true, "200 OK", asWeb},
	{"http redirected for ever", "nginx", 80, `service=http|request="away"`, false, "302 Moved Temporarily", asWeb},
	{"http long page", "nginx", 80, `service=http|request="big.html"|receive="the end$"`, true, "200 OK", asWeb},
	{"http in chunks", "nginx", 80, `service=http|request="chunked"|receive="the end$"`, true, "200 OK", asWeb},
	{"http over IPv6", "nginx", 80, `service=http|receive="well$"|request="index.html"` + six, true, "200 OK", asWeb},
	{"https", "nginx", 443, `service=https|request="index.html"|receive="well$"`, true, "200 OK", asWeb},
	{"https wrong text", "nginx", 443, `service=https|request="index.html"|receive="ill"`, false, "I am well\n", asWeb},
	{"https 404", "nginx", 443, `service=https|request="missing.html"`, false, "404 Not Found", asWeb},
	{"https at http", "nginx", 80, `service=https`, false, "500 Can't connect to ADDRESS (Tls: first record does not look like a TLS handshake)", asWeb},
	{"http at https", "nginx", 443, `service=http`, false, "400 Bad Request", asWeb},
	{"https without a name", "nginx", 8443, `service=https|receive="by name"`, false, "500 Can't connect to ADDRESS (Remote error: tls: unrecognized name)", asWeb},
	{"https with a name", "nginx", 8443, `service=https|request="https://www.example.com:PORT/"|receive="by name"` + byName, true, "200 OK", asWeb},
	{"https with a virtual host", "nginx", 8443, `service=https|virtualhost=www.example.com|receive="by name"`, true, "200 OK", asWeb},
	{"http_proxy", "nginx", 3128, `service=http_proxy|request="http://www.example.com/"|receive="^virtual host$"`, true, "200 OK", asWeb},
	{"http_proxy wrong text", "nginx", 3128, `service=http_proxy|request="http://www.example.com/"|receive="well"`, false, "virtual host", asWeb},
	{"h2", "nginx", 443, `service=h2|request="index.html"|receive="well$"`, true, "200 OK", asWeb},
	{"h2 wrong text", "nginx", 443, `service=h2|request="index.html"|receive="ill"`, false, "I am well\n", asWeb},
	{"h2 long page", "nginx", 443, `service=h2|request="big.html"|receive="the end$"`, true, "200 OK", asWeb},
	{"h2 by name", "nginx", 8443, `service=h2|receive="by name"` + byName, true, "200 OK", asWeb},
	{"h2 without a name", "nginx", 8443, `service=h2`, false, "500 Can't connect to ADDRESS (Remote error: tls: unrecognized name)", asWeb},
	{"h2 HEAD", "nginx", 443, `service=h2|httpmethod=HEAD`, true, "200 OK", asWeb},
	{"h2c", "nginx", 8081, `service=h2c|request="index.html"|receive="well$"`, true, "200 OK", asWeb},
	{"h2c 503", "nginx", 8081, `service=h2c|request="broken"`, false, "503 Service Unavailable", asWeb},
	{"h2c at http", "nginx", 80, `service=h2c`, false, "500 Read failed: Server does not speak HTTP/2", asWeb},
	{"grpc", "played", 50051, `service=grpc`, true, "SERVING", asTalk},
	{"grpc service", "played", 50051, `service=grpc|request="shop"`, true, "SERVING", asTalk},
	{"grpc not serving", "played", 50051, `service=grpc|request="stock"`, false, "NOT_SERVING", asTalk},
	{"grpc unknown", "played", 50051, `service=grpc|request="other"`, false, "Grpc-status 5 unknown service", asTalk},
	{"grpc through nginx", "nginx", 50053, `service=grpc|request="shop"`, true, "SERVING", asTalk},
	{"grpc without a server behind", "nginx", 50054, `service=grpc`, false, "502 Bad Gateway", asTalk},
	{"grpc at a web server", "nginx", 8081, `service=grpc`, false, "404 Not Found", asTalk},
	{"grpcs", "played", 50052, `service=grpcs`, true, "SERVING", asTalk},
	{"smtp", "exim", 25, `service=smtp`, true, "", asTalk},
	{"smtp out of order", "exim", 2525, `service=smtp`, false, "550 Administrative prohibition", asTalk},
	{"submission", "exim", 587, `service=submission`, true, "", asTalk},
	{"submission out of order", "exim", 2525, `service=submission`, false, "550 Administrative prohibition", asTalk},
	{"pop", "dovecot", 110, `service=pop`, true, "", asTalk},
	{"pop APOP", "dovecot", 110, `service=pop` + login, true, "", asTalk},
	{"pop USER", "dovecot", 110, `service=pop|login="hashed"|passwd="secret"`, true, "", asTalk},
	{"pop wrong password", "dovecot", 110, `service=pop` + wrong, false, "-ERR [AUTH] Authentication failed.", asTalk},
	{"pop at imap", "dovecot", 143, `service=pop`, false, "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN] Dovecot (Debian) ready.", asTalk},
	{"pops", "dovecot", 995, `service=pops` + login, true, "", asTalk},
	{"pops wrong password", "dovecot", 995, `service=pops` + wrong, false, "-ERR [AUTH] Authentication failed.", asTalk},
	{"imap", "dovecot", 143, `service=imap`, true, "", asTalk},
	{"imap login", "dovecot", 143, `service=imap` + login, true, "", asTalk},
	{"imap wrong password", "dovecot", 143, `service=imap` + wrong, false, "0 NO [AUTHENTICATIONFAILED] Authentication failed.", asTalk},
	{"imaps", "dovecot", 993, `service=imaps` + login, true, "", asTalk},
	{"imaps wrong password", "dovecot", 993, `service=imaps` + wrong, false, "0 NO [AUTHENTICATIONFAILED] Authentication failed.", asTalk},
	{"nntp", "played", 119, `service=nntp`, true, "", asTalk},
	{"nntp out of order", "played", 1190, `service=nntp`, false, "400 out of order", asTalk},
	{"ftp", "vsftpd", 21, `service=ftp|request="welcome.msg"|receive="farm$"`, true, "", asTalk},
	{"ftp wrong text", "vsftpd", 21, `service=ftp|request="welcome.msg"|receive="ill"`, false, "Welcome to the farm\n", asTalk},
	{"ftp no such file", "vsftpd", 21, `service=ftp|request="missing"`, false, "550 Failed to open file.", asTalk},
	{"ftp wrong login", "vsftpd", 21, `service=ftp` + login, false, "530 This FTP server is anonymous only.", asTalk},
	{"ftp over IPv6", "vsftpd", 21, `service=ftp|request="welcome.msg"|receive="farm$"` + six, true, "", asTalk},
	{"simpletcp", "nginx", 80, `service=simpletcp|request="GET /index.html HTTP/1.0\n\n"|receive="^I am well"`, true, "", asTalk},
	{"simpletcp wrong text", "nginx", 80, `service=simpletcp|request="GET /index.html HTTP/1.0\n\n"|receive="^I am ill"`, false, "EOF", asTalk},
	{"dns", "unbound", 53, `service=dns|request="www.example.com"|receive="^192\.0\.2\.1$"` + udp, true, "Success", asDNS},
	{"dns over tcp", "unbound", 53, `service=dns|request="www.example.com"|receive="192.0.2.1"|protocol=tcp`, true, "Success", asDNS},
	{"dns alias only", "unbound", 53, `service=dns|request="alias.example.com"|receive="."` + udp, false, "Connection timed out", asDNS},
	{"dns reverse", "unbound", 53, `service=dns|request="192.0.2.1"|receive="^www.example.com$"` + udp, true, "Success", asDNS},
	{"dns wrong address", "unbound", 53, `service=dns|request="www.example.com"|receive="192.0.2.9"` + udp, false, "Response mismatch", asDNS},
	{"dns unknown name", "unbound", 53, `service=dns|request="nowhere.example.com"|receive="."` + udp, false, "Connection timed out", asDNS},
	{"dns AAAA only", "unbound", 53, `service=dns|request="six.example.com"|receive="."` + udp, false, "Connection timed out", asDNS},
	{"sip", "kamailio", 5060, `service=sip` + udp, true, "", asSIP},
	{"sip over tcp", "kamailio", 5060, `service=sip`, true, "", asSIP},
	{"sip out of order", "kamailio", 5062, `service=sip` + udp, false, "SIP/2.0 503 Out of order", asSIP},
	{"radius", "radius", 1812, `service=radius|secret="s3cret"` + login + udp, true, "", asTalk},
	{"radius wrong password", "radius", 1812, `service=radius|secret="s3cret"` + wrong + udp, false, "", asTalk},
	{"radius wrong secret", "radius", 1812, `service=radius|secret="other"` + login + udp, false, "Timeout", asTalk},
	{"ldap", "slapd", 389, `service=ldap|receive="^dc=example"` + base, true, "Success", asLDAP},
	{"ldap login", "slapd", 389, `service=ldap` + base + dnLog, true, "Success", asLDAP},
	{"ldap wrong password", "slapd", 389, `service=ldap` + base + dnFail, false, "Bind failed", asLDAP},
	{"ldap wrong name", "slapd", 389, `service=ldap|receive="other"` + base, false, "Response mismatch", asLDAP},
	{"ldap no such entry", "slapd", 389, `service=ldap|request="dc=other"`, false, "No answer received", asLDAP},
	{"ldaps", "slapd", 636, `service=ldaps` + base + dnLog, true, "Success", asLDAPS},
	{"ldaps wrong password", "slapd", 636, `service=ldaps` + base + dnFail, false, "Bind failed", asLDAPS},
	{"mysql", "mariadb", 3306, `service=mysql` + query + login, true, "", asTalk},
	{"mysql database", "mariadb", 3306, `service=mysql|database="information_schema"` + query + login, true, "", asTalk},
	{"mysql wrong password", "mariadb", 3306, `service=mysql` + query + wrong, false, "Error 1045 (28000): Access denied for user 'checker'@'10.1.0.1' (using password: YES)", asTalk},
	{"mysql no such database", "mariadb", 3306, `service=mysql|database="other"` + query + login, false, "Error 1044 (42000): Access denied for user 'checker'@'%' to database 'other'", asTalk},
	{"mysql no rows", "mariadb", 3306, `service=mysql|request="SELECT 1 FROM dual WHERE 1=0"` + login, false, "No rows", asTalk},
	{"mysql bad query", "mariadb", 3306, `service=mysql|request="SELEKT"` + login, false, "Error 1064 (42000): You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near 'SELEKT' at line 1", asTalk},
	{"pgsql", "postgresql", 5432, `service=pgsql|database="postgres"` + query + login, true, "", asTalk},
	{"pgsql with TLS", "postgresql", 5432, `service=pgsql|database="template1"` + query + login, true, "", asTalk},
	{"pgsql wrong password", "postgresql", 5432, `service=pgsql|database="postgres"` + query + wrong, false, `Pq: password authentication failed for user "checker"`, asTalk},
	{"pgsql no rows", "postgresql", 5432, `service=pgsql|database="postgres"` + none + login, false, "No rows", asTalk},
	{"pgsql bad query", "postgresql", 5432, `service=pgsql|database="postgres"|request="SELEKT"` + login, false, `Pq: syntax error at or near "SELEKT"`, asTalk},
	{"oracle no such service", "played", 1521, `service=oracle|database="XE"|request="SELECT 1 FROM dual"` + login, false, "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor", asTalk},
	{"connect", "nginx", 80, `checktype=connect`, true, "", asMute},
	{"combined", "nginx", 80, `checktype=3|service=http|receive="well"|request="index.html"`, true, "200 OK", asWeb},
}
