// Command ipvsadm stands for the real one on a kernel without ip_vs, for a measurement of what calls
// it: it keeps the table in a file, and answers in the form that scripts read.
//
//	/var/lib/ipvs/table      a line a service or server: "10.0.0.100:80 wrr", "10.0.0.100:80 10.1.0.1:80 Route 1"
//	/var/lib/ipvs/count      how many servers of a weight above 0 there are
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

const dir = "/var/lib/ipvs/"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ipvsadm:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	text, _ := os.ReadFile(dir + "table")
	lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	if len(args) > 0 && args[0] == "-L" {
		list(lines, slices.Contains(args, "--thresholds"))
		return nil
	}
	lines = change(lines, args)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(dir+"table", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(dir+"count", fmt.Appendf(nil, "%d\n", usable(lines)), 0o644)
}

// word returns what follows a flag.
func word(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

func change(lines, args []string) []string {
	service, server := word(args, "-t"), word(args, "-r")
	key := service + " "
	if server != "" {
		key += server + " "
	}
	keep := slices.DeleteFunc(lines, func(l string) bool {
		if server == "" && args[0] == "-E" {
			return strings.HasPrefix(l, key) && len(strings.Fields(l)) == 2
		}
		return strings.HasPrefix(l, key)
	})
	switch args[0] {
	case "-A", "-E":
		return append(keep, key+word(args, "-s"))
	case "-a", "-e":
		return append(keep, key+forward(args)+" "+word(args, "-w"))
	}
	return keep
}

func forward(args []string) string {
	for flag, name := range map[string]string{"-m": "Masq", "-i": "Tunnel"} {
		if slices.Contains(args, flag) {
			return name
		}
	}
	return "Route"
}

func usable(lines []string) (n int) {
	for _, l := range lines {
		if f := strings.Fields(l); len(f) == 4 && f[3] != "0" {
			n++
		}
	}
	return n
}

func list(lines []string, thresholds bool) {
	fmt.Println("IP Virtual Server version 1.2.1 (size=4096)")
	if thresholds {
		fmt.Println("Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn\n  -> RemoteAddress:Port")
	} else {
		fmt.Println("Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn")
	}
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) != 2 {
			continue
		}
		fmt.Println("TCP  " + l)
		for _, s := range lines {
			if d := strings.Fields(s); len(d) == 4 && d[0] == f[0] {
				if thresholds {
					fmt.Printf("  -> %-28s  0          0          0          0\n", d[1])
				} else {
					fmt.Printf("  -> %-28s  %-7s %-6s 0          0\n", d[1], d[2], d[3])
				}
			}
		}
	}
}
