package keepalived

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/compat/conversion"
)

// builder makes a config of directives and grades each of them. What a block is about is at hand
// while its directives are read.
type builder struct {
	conf   config
	report *conversion.Report

	inst    *instance
	group   *syncGroup
	virt    *virtual
	server  *real
	checker *check
	url     *page
	private bool // in a block with secrets
}

// read makes a config of a file. It is usable if the report has not failed.
func read(file string, text []byte) (*config, *conversion.Report) {
	b := &builder{report: &conversion.Report{File: file}}
	b.conf.sets = map[string][]member{}
	all, eaten, faults := parse(text)
	for _, f := range faults {
		b.fail(f.line, "%s", f.text)
	}
	for _, r := range eaten {
		b.report.Add(conversion.Entry{Line: r.line, Text: "#" + strings.Join(r.words, " "), Grade: conversion.Lost,
			Note: "a comment goes to the end of its line: if directives were meant, break the line before them"})
	}
	b.each(all)
	b.finish()
	return &b.conf, b.report
}

// each carries out the directives of a block.
func (b *builder) each(all []directive) {
	for i := range all {
		d := &all[i]
		if d.rule == nil {
			if b.private {
				d.args = []string{"***"}
			}
			b.lost(d, "not translated: unknown directive")
			continue
		}
		d.rule.set(b, d)
		if d.rule.in != nil && b.enters(d) {
			b.private = d.name == "authentication"
			b.each(d.block)
			b.private = false
		}
	}
}

// enters says whether the directives of a block have not been carried out by its own rule.
func (b *builder) enters(d *directive) bool {
	return slices.Contains([]string{"global_defs", "authentication"}, d.name)
}

func (b *builder) fail(line int, format string, args ...any) { b.report.Fail(line, format, args...) }

// add grades a directive, and each line of a block without a grammar that has no grade of its own.
func (b *builder) add(d *directive, grade conversion.Grade, note string) {
	text := d.text()
	if d.rule != nil && d.rule.secret {
		text = d.name + " ***"
	}
	b.report.Add(conversion.Entry{Line: d.line, Text: text, Grade: grade, Note: note})
}

// rows grades the lines of a block that stand below its first.
func (b *builder) rows(d *directive, grade conversion.Grade, note string) {
	for _, r := range d.rows {
		b.row(r, grade, note)
	}
}

func (b *builder) row(r row, grade conversion.Grade, note string) {
	b.report.Add(conversion.Entry{Line: r.line, Text: strings.Join(r.words, " "), Grade: grade, Note: note})
}

func (b *builder) equal(d *directive, note string) {
	b.add(d, conversion.Equal, note)
	b.rows(d, conversion.Equal, note)
}

func (b *builder) approximated(d *directive, note string) {
	b.add(d, conversion.Approximated, note)
	b.rows(d, conversion.Approximated, note)
}

func (b *builder) lost(d *directive, note string) {
	b.add(d, conversion.Lost, note)
	b.rows(d, conversion.Lost, note)
	for i := range d.block {
		b.lost(&d.block[i], note)
	}
}

// header grades the line of a directive and not its block.
func (b *builder) header(d *directive, note string) { b.add(d, conversion.Equal, note) }

// arg returns a word of a directive, or "" if it is missing, which the parser has told.
func (d *directive) arg(i int) string {
	if i < len(d.args) {
		return d.args[i]
	}
	return ""
}

// number reads a whole number within limits.
func (b *builder) number(d *directive, min, max int) int {
	n, err := strconv.Atoi(d.arg(0))
	if err != nil || n < min || n > max {
		b.fail(d.line, "%s: a number from %d to %d is wanted", d.text(), min, max)
		return min
	}
	return n
}

// seconds reads a time, which may have a fraction.
func (b *builder) seconds(d *directive) time.Duration {
	n, err := strconv.ParseFloat(d.arg(0), 64)
	if err != nil || !(n >= 0 && n <= 1e6) {
		b.fail(d.line, "%s: a number of seconds is wanted", d.text())
		return time.Second
	}
	return time.Duration(n * float64(time.Second)).Round(time.Millisecond)
}

// ceil rounds a time up to seconds, 1 at least: the configuration files know no less.
func ceil(t time.Duration) int { return max(1, int((t+time.Second-1)/time.Second)) }

// boolean reads an optional yes or no; without a word it is yes.
func (b *builder) boolean(d *directive) bool {
	switch strings.ToLower(d.arg(0)) {
	case "", "yes", "true", "on", "1":
		return true
	case "no", "false", "off", "0":
		return false
	}
	b.fail(d.line, "%s: yes or no is wanted", d.text())
	return false
}

func (b *builder) addr(line int, text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		b.fail(line, "%s: an address is wanted", text)
		return netip.IPv4Unspecified()
	}
	return a
}

// port reads a port; "" is 0.
func (b *builder) port(line int, text string) uint16 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		b.fail(line, "%s: a port from 0 to 65535 is wanted", text)
	}
	return uint16(n)
}

// plain reads a word that goes into a file of ours as it is.
func (b *builder) plain(d *directive) string {
	text := d.arg(0)
	if !isPlain(text) {
		b.fail(d.line, "%s: %q cannot stand in the files of heartbeat", d.name, text)
		return "x"
	}
	return text
}

// isPlain says whether a word can stand in haresources and ha.cf: no blanks, quotes, comments or
// signs of the shell.
func isPlain(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:+@/-", r))
	}) && !strings.Contains(text, "::")
}
