package metrics

import (
	"time"

	dto "github.com/prometheus/client_model/go"
)

// metric is a row of a table: a family, and its value of one thing of type T.
type metric[T any] struct {
	name, help string
	counter    bool
	value      func(T) (float64, bool) // false: there is none
}

// labelled is a thing with the labels that all its samples share.
type labelled[T any] struct {
	of     T
	labels []*dto.LabelPair
}

// families are the rows of a table, of all things. A row without a sample is left out.
func families[T any](table []metric[T], things []labelled[T]) []*dto.MetricFamily {
	var all []*dto.MetricFamily
	for _, row := range table {
		f := row.family(things)
		if len(f.Metric) > 0 {
			all = append(all, f)
		}
	}
	return all
}

func (row metric[T]) family(things []labelled[T]) *dto.MetricFamily {
	kind := dto.MetricType_GAUGE
	if row.counter {
		kind = dto.MetricType_COUNTER
	}
	f := &dto.MetricFamily{Name: &row.name, Help: &row.help, Type: &kind, Metric: make([]*dto.Metric, 0, len(things))}
	for _, thing := range things {
		value, there := row.value(thing.of)
		if !there {
			continue
		}
		m := &dto.Metric{Label: thing.labels}
		if row.counter {
			m.Counter = &dto.Counter{Value: &value}
		} else {
			m.Gauge = &dto.Gauge{Value: &value}
		}
		f.Metric = append(f.Metric, m)
	}
	return f
}

// labels are pairs of names and values, in the order of the names.
func labels(pairs ...string) []*dto.LabelPair {
	var all []*dto.LabelPair
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, &dto.LabelPair{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return all
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
