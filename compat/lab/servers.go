package lab

import (
	"context"
	"path/filepath"
)

// serverPackages are real servers of every protocol that a director checks, and what a host needs
// to run at all.
var serverPackages = []string{
	"init-system-helpers", "iproute2", "netbase", "procps", "systemd-standalone-tmpfiles", "sysvinit-utils",
	"dovecot-imapd", "dovecot-pop3d", "exim4-daemon-light", "freeradius", "kamailio", "mariadb-client-core", "mariadb-server-core",
	"nginx", "postgresql", "slapd", "unbound", "vsftpd",
}

// serverHooks make the databases, which takes longer than everything else a server does to start,
// with an account "checker" in PostgreSQL's, and take away what only apt needs.
var serverHooks = []string{
	`chroot "$1" mariadb-install-db --user=nobody --datadir=/var/lib/checkdb --skip-test-db --innodb-log-file-size=4M`,
	`echo "CREATE ROLE checker LOGIN PASSWORD 'secret'" | chroot "$1" setpriv --reuid=postgres --regid=postgres --clear-groups sh -c '
		cd / && exec /usr/lib/postgresql/*/bin/postgres --single -D /var/lib/postgresql/*/main \
		-c dynamic_shared_memory_type=mmap -c config_file=$(echo /etc/postgresql/*/main/postgresql.conf) postgres'`,
	`rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*`,
}

// EnsureServers makes the Debian root of flavour Servers in the project's build/root if it is
// missing or its recipe has changed: one to two minutes and 0.6 GB, once. Only tests that need it
// call it.
func EnsureServers(ctx context.Context) error {
	build, err := BuildDir()
	if err != nil {
		return err
	}
	return recipe{serversRoot(build), serverPackages, serverHooks}.ensure(ctx)
}

func serversRoot(build string) string { return filepath.Join(build, "root", "servers") }
