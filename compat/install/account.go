package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"

	"systole/compat/layout"
)

// makeAccount makes the user and the group that clients of the daemon run as, if they are
// missing, as the original's package does (tools spec 1.1).
func makeAccount(out io.Writer) error {
	var noGroup user.UnknownGroupError
	if _, err := user.LookupGroup(layout.Group); errors.As(err, &noGroup) {
		if err := say(out, "groupadd", "--system", layout.Group); err != nil {
			return err
		}
	} else if err != nil {
		return fmt.Errorf("group %s: %w", layout.Group, err)
	}
	var noUser user.UnknownUserError
	if _, err := user.Lookup(layout.Account); errors.As(err, &noUser) {
		return say(out, "useradd", "--system", "--gid", layout.Group, "--no-create-home",
			"--home-dir", "/usr/lib/heartbeat", "--shell", "/bin/false", layout.Account)
	} else if err != nil {
		return fmt.Errorf("user %s: %w", layout.Account, err)
	}
	return nil
}

// say runs a command that changes the machine, and says so.
func say(out io.Writer, argv ...string) error {
	fmt.Fprintf(out, "%q\n", argv)
	if text, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %s", argv, err, text)
	}
	return nil
}

// chown gives a directory to the account that the table names; the group stays root.
func chown(path string, e layout.Entry) error {
	if e.Owner == "" {
		return os.Chown(path, 0, 0)
	}
	u, err := user.Lookup(e.Owner)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	return os.Chown(path, uid, 0)
}

// chgrp gives a file to root and the group.
func chgrp(path, group string) error {
	g, err := user.LookupGroup(group)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return err
	}
	return os.Chown(path, 0, gid)
}
