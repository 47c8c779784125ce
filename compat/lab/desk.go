package lab

import (
	"context"
	"path/filepath"
)

// deskPackages are what an operator sits at: shells with their completions, man, tmux.
var deskPackages = []string{
	"bash-completion", "fish", "groff-base", "init-system-helpers", "iproute2", "man-db", "ncurses-term", "netbase", "procps",
	"systemd-standalone-tmpfiles", "sysvinit-utils", "tmux", "zsh",
}

// deskHooks make the account as in the bare root, and take promtool out of the package of Prometheus,
// which is five times larger.
var deskHooks = []string{
	`chroot "$1" groupadd --system haclient`,
	`chroot "$1" useradd --system --gid haclient --no-create-home --home-dir /var/lib/heartbeat --shell /usr/sbin/nologin hacluster`,
	`cd "$1"/tmp && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x -C "$1" ./usr/bin/promtool && rm prometheus_*.deb`,
	`rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*`,
}

// EnsureDesk makes the Debian root of flavour Desk in the project's build/root if it is missing or
// its recipe has changed: half a minute and 0.4 GB, once. Only tests that need it call it.
func EnsureDesk(ctx context.Context) error {
	build, err := BuildDir()
	if err != nil {
		return err
	}
	return recipe{deskRoot(build), deskPackages, deskHooks}.ensure(ctx)
}

func deskRoot(build string) string { return filepath.Join(build, "root", "desk") }
