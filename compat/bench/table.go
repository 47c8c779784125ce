package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// table is rows of cells; the first row is the head.
type table [][]string

// widths are those of the columns.
func (t table) widths() []int {
	w := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	return w
}

// plain is the table for a terminal: the first column to the left, the others
// to the right.
func plain(t table) string {
	if len(t) < 2 {
		return ""
	}
	var b strings.Builder
	w := t.widths()
	for _, row := range t {
		line := pad(row[0], w[0], false)
		for i, cell := range row[1:] {
			line += "   " + pad(cell, w[i+1], true)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// markdown is the table for a document, aligned in the source as well.
func markdown(t table) string {
	if len(t) < 2 {
		return ""
	}
	w := t.widths()
	rule := make([]string, len(w))
	for i := range w {
		w[i] = max(w[i], 4)
		rule[i] = strings.Repeat("-", w[i]-1) + ":"
	}
	rule[0] = strings.Repeat("-", w[0])
	var b strings.Builder
	for _, row := range slices.Insert(slices.Clone(t), 1, rule) {
		for i, cell := range row {
			b.WriteString("| " + pad(cell, w[i], i > 0) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func pad(s string, width int, right bool) string {
	blank := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return blank + s
	}
	return s + blank
}

// figuresTable has a row for each figure and a column for each contestant:
// median, and in brackets the least and the most.
func figuresTable(results []result) table {
	head := []string{"Median (least – most)"}
	for _, r := range results {
		head = append(head, r.contestant.name)
	}
	t := table{head}
	for _, f := range figures() {
		row := []string{f.name}
		for _, r := range results {
			row = append(row, spread(f, f.values(r)))
		}
		t = append(t, row)
	}
	return t
}

// spread is a median with the least and the most, if these differ.
func spread(f figure, values []int64) string {
	middle, least, most := f.shown(median(values)), f.shown(slices.Min(values)), f.shown(slices.Max(values))
	if least == most {
		return middle
	}
	return fmt.Sprintf("%s (%s – %s)", middle, least, most)
}

// targetTable has a row for each target, with the others' medians as multiples
// of ours.
func targetTable(verdicts []verdict, others ...string) table {
	t := table{append([]string{"Target", "at most", "Systole", ""}, others...)}
	for _, v := range verdicts {
		word := "not met"
		if v.met() {
			word = "met"
		}
		row := []string{v.figure, v.shown(v.limit), v.shown(v.ours), word}
		for i := range others {
			row = append(row, fmt.Sprintf("%s = %s", v.shown(v.others[i]), ratio(v.others[i], v.ours)))
		}
		t = append(t, row)
	}
	return t
}

// ratio says how many times ours the other is.
func ratio(other, ours int64) string {
	if ours == 0 {
		return "–"
	}
	r := float64(other) / float64(ours)
	if r >= 10 {
		return fmt.Sprintf("%.0f×", r)
	}
	return fmt.Sprintf("%.1f×", r)
}

// text is a duration with three figures: "7 ms", "412 ms", "5.03 s", "12.6 s".
func text(d time.Duration) string {
	switch s := d.Seconds(); {
	case s < 0.01:
		return fmt.Sprintf("%.1f ms", s*1000)
	case s < 0.9995:
		return fmt.Sprintf("%.0f ms", s*1000)
	case s < 9.995:
		return fmt.Sprintf("%.2f s", s)
	default:
		return fmt.Sprintf("%.1f s", s)
	}
}

// megabytes shows KiB as MB, as tools do that call 1024 KiB a megabyte.
func megabytes(kib int64) string { return fmt.Sprintf("%.1f MB", float64(kib)/1024) }
