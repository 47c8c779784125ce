package main

import (
	"regexp"
	"strings"
	"time"
)

// described are the forms of "git describe --tags --always --dirty":
//
//	v1.2.3   v1.2.3-rc1   v1.2.3-4-g0123abc   0123abc   each with -dirty or not
var (
	described = regexp.MustCompile(`^v?(\d[0-9.]*)(?:-([a-z]\w*))?(?:-(\d+)-g([0-9a-f]+))?$`)
	bareHash  = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
)

// packageVersion makes a version for packages: one that begins with a digit, has no hyphen, and
// sorts as it should. A tilde sorts before everything, also before the end.
//
//	v1.2.3              1.2.3
//	v1.2.3-rc1          1.2.3~rc1
//	v1.2.3-4-g0123abc   1.2.3+4.g0123abc
//	0123abc             0~20261121.g0123abc, before any release
//	-dirty              +changed
func packageVersion(text string, made time.Time) string {
	text, dirty := strings.CutSuffix(text, "-dirty")
	version := "0~" + made.Format("20060102")
	if m := described.FindStringSubmatch(text); m != nil && !bareHash.MatchString(text) {
		version = m[1]
		if m[2] != "" {
			version += "~" + m[2]
		}
		if m[3] != "" {
			version += "+" + m[3] + ".g" + m[4]
		}
	} else if bareHash.MatchString(text) {
		version += ".g" + text
	}
	if dirty {
		version += "+changed"
	}
	return version
}
