package metrics

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// metric is a row of a table: a family, and its value of one thing of type T.
type metric[T any] struct {
	name, help string
	counter    bool
	value      func(T) (float64, bool) // false: there is none
}

// labelled is a thing with the labels that all its samples share, as they are written.
type labelled[T any] struct {
	of     T
	labels string
}

// Family is a metric with its samples.
type Family struct {
	Name    string
	help    string
	counter bool
	samples []sample
}

type sample struct {
	labels string
	value  float64
}

// families are the rows of a table, of all things. A row without a sample is left out.
func families[T any](table []metric[T], things []labelled[T]) []Family {
	var all []Family
	for _, row := range table {
		f := Family{Name: row.name, help: row.help, counter: row.counter, samples: make([]sample, 0, len(things))}
		for _, thing := range things {
			if value, there := row.value(thing.of); there {
				f.samples = append(f.samples, sample{thing.labels, value})
			}
		}
		if len(f.samples) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// escaped is what the text format wants escaped in the value of a label.
var escaped = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labels writes pairs of names and values, in the order of the names.
func labels(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString([]string{",", "{"}[max(0, 1-i)])
		b.WriteString(pairs[i] + `="` + escaped.Replace(pairs[i+1]) + `"`)
	}
	return b.String() + "}"
}

// Write writes families in Prometheus' text format 0.0.4. The client library writes the same from objects of
// its own; linking it doubles what a daemon has in memory.
func Write(w io.Writer, all []Family) error {
	b := bufio.NewWriterSize(w, 64<<10)
	var number []byte
	for _, f := range all {
		kind := "gauge"
		if f.counter {
			kind = "counter"
		}
		b.WriteString("# HELP " + f.Name + " " + f.help + "\n# TYPE " + f.Name + " " + kind + "\n")
		for _, s := range f.samples {
			b.WriteString(f.Name)
			b.WriteString(s.labels)
			b.WriteByte(' ')
			number = append(appendValue(number[:0], s.value), '\n')
			b.Write(number)
		}
	}
	return b.Flush()
}

// appendValue writes a number as the format has it: whole ones without a point.
func appendValue(b []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func yes(b bool) (float64, bool) {
	if b {
		return 1, true
	}
	return 0, true
}

func number[N int | int64 | uint32 | uint64](n N) (float64, bool) { return float64(n), true }

// millis are seconds of milliseconds; what is negative was never.
func millis(ms int64) (float64, bool) { return float64(ms) / 1e3, ms >= 0 }

func unix(at time.Time) (float64, bool) { return float64(at.UnixMilli()) / 1e3, !at.IsZero() }
