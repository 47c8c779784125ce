// Package servers proves that every kind of check tells a well server from an ill one, by real
// servers as Debian packages them: nginx, Exim, Dovecot, vsftpd, Unbound, OpenLDAP, FreeRADIUS,
// MariaDB, PostgreSQL and Kamailio. News, gRPC and a listener of Oracle's are played.
//
//	director 10.1.0.1 ────── lan ────── servers 10.1.0.11, fd00::11
//	pkg/check                           all of them, without an init
//
// The table in cases_test.go has one line for each case. Each goes through the life of its server:
// it is well, its answer breaks off (a relay between the two closes after none and after half of the
// bytes, or cuts each datagram in half), it hangs (SIGSTOP), it goes on, it is gone.
//
// The root of the servers' host (lab.Servers) is made once and takes one to two minutes; the
// configurations are in testdata/etc.
package servers
