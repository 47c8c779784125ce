package main

import (
	"slices"
	"testing"
)

// Under the name of a program that it stands in for, the command is that program.
func TestNames(t *testing.T) {
	for _, c := range []struct{ argv, want []string }{
		{[]string{"/usr/sbin/systole", "status"}, []string{"status"}},
		{[]string{"systole"}, nil},
		{[]string{"/usr/local/mon/mon", "-f"}, []string{"mon", "-f"}},
		{[]string{"genhash", "-s", "10.0.0.1"}, []string{"genhash", "-s", "10.0.0.1"}},
		{[]string{"mon.d/http.monitor", "-p", "80"}, []string{"monitor", "http.monitor", "-p", "80"}},
		{[]string{"lvs.alert"}, []string{"monitor", "lvs.alert"}},
	} {
		if got := arguments(c.argv); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.argv, got, c.want)
		}
	}
}
