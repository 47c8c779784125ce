package lab

import (
	"context"
	"path/filepath"
)

// packagingPackages are tools that read what a package of ours holds: rpm, systemd, man and
// logrotate.
var packagingPackages = []string{
	"cpio", "groff-base", "init-system-helpers", "iproute2", "logrotate", "man-db", "procps", "rpm", "rpm2cpio", "systemd", "systemd-sysv",
	"sysvinit-utils",
}

// packagingHooks make the account as in the bare root.
var packagingHooks = []string{
	`chroot "$1" groupadd --system haclient`,
	`chroot "$1" useradd --system --gid haclient --no-create-home --home-dir /var/lib/heartbeat --shell /usr/sbin/nologin hacluster`,
	`chroot "$1" systemd-machine-id-setup`,
	`rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*`,
}

// EnsurePackaging makes the Debian root of flavour Packaging in the project's build/root if it is
// missing or its recipe has changed: half a minute and 0.3 GB, once. Only tests that need it call it.
func EnsurePackaging(ctx context.Context) error {
	build, err := BuildDir()
	if err != nil {
		return err
	}
	return recipe{packagingRoot(build), packagingPackages, packagingHooks}.ensure(ctx)
}

// ensure makes the root unless it is there. Programs that come at the same time wait for the first.
func (c recipe) ensure(ctx context.Context) error {
	if c.current() {
		return nil
	}
	unlock, err := lockFile(ctx, filepath.Join(filepath.Dir(c.path), "lock."+filepath.Base(c.path)))
	if err != nil {
		return err
	}
	defer unlock()
	if c.current() {
		return nil
	}
	sources, err := rootTools(ctx)
	if err != nil {
		return err
	}
	return c.make(ctx, sources)
}

func packagingRoot(build string) string { return filepath.Join(build, "root", "packaging") }
