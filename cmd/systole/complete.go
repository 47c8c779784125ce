package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/pkg/decision/ring"
	"systole/pkg/state"
	"systole/pkg/tool"
	"systole/pkg/tool/here"
)

// completionTime is how long whoever presses a key waits for the daemons.
const completionTime = time.Second

// moment are the words of this moment that shells complete.
func moment(kind tool.Takes) []string {
	if kind == tool.Records {
		return records()
	}
	var words []string
	for _, d := range here.Directors(here.PIDs, completionTime) {
		words = append(words, wordsOf(kind, d)...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func records() []string {
	var words []string
	ids, _ := ring.List(ring.Dir) // no records are no words
	for _, id := range ids {
		words = append(words, strconv.Itoa(id))
	}
	return words
}

// wordsOf are those of one ldirectord.
func wordsOf(kind tool.Takes, d state.Director) []string {
	switch kind {
	case tool.Directors:
		return []string{d.Name}
	case tool.Drained:
		return ordered(d, "drain")
	case tool.Disabled:
		return ordered(d, "disable")
	}
	var words []string
	for _, v := range d.Virtuals {
		if kind == tool.Virtuals {
			words = append(words, v.Name)
			continue
		}
		for _, r := range v.Reals {
			words = append(words, r.Name, address(r.Name))
		}
	}
	return words
}

// ordered are the servers of orders, as they were given.
func ordered(d state.Director, kind string) []string {
	var words []string
	for _, o := range d.Orders {
		if o.Kind == kind {
			words = append(words, o.Real)
		}
	}
	return words
}

// address is a server without its port, which stands for all of its ports.
func address(real string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(real, "["), "]")
	if host != real {
		return host
	}
	return real[:max(strings.LastIndexByte(real, ':'), 0)]
}
