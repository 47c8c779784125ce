package decision

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Text tells a record: a paragraph, then its steps with their times.
func (r *Record) Text(w io.Writer, zone *time.Location) {
	fmt.Fprintf(w, "Decision %d on %s, %s\n\n", r.ID, r.Node, r.Begun.In(zone).Format("2006-01-02 15:04:05.000"))
	words := r.Cause.words()
	sentences := []string{fmt.Sprintf(words.title, r.Subject) + "."}
	sentences = append(sentences, r.known()...)
	sentences = append(sentences, r.outcome()...)
	if words.rule != "" {
		sentences = append(sentences, "The rule: "+words.rule)
	}
	wrap(w, strings.Join(sentences, " "))
	if len(r.Steps) > 0 {
		fmt.Fprintln(w)
	}
	for _, s := range r.Steps {
		fmt.Fprintf(w, "  %9s  %s\n", offset(s.At.Sub(r.Begun)), s.line())
	}
	if r.Lost > 0 {
		fmt.Fprintf(w, "  and %d more\n", r.Lost)
	}
}

// Line is the record on one line of a list.
func (r *Record) Line(zone *time.Location) string {
	moved := ""
	if r.Done && r.Before != r.After {
		moved = fmt.Sprintf(": %s → %s", r.Before, r.After)
	}
	return fmt.Sprintf("%5d  %s  %s%s", r.ID, r.Begun.In(zone).Format("Jan _2 15:04:05"), fmt.Sprintf(r.Cause.words().title, r.Subject), moved)
}

// known says what was known of the nodes, the subject first if it is one.
func (r *Record) known() []string {
	var out []string
	for _, in := range r.Inputs {
		text := fmt.Sprintf("%s was %s", in.Node, in.Status)
		if in.Status != "init" {
			text += fmt.Sprintf(", last heard %s before", seconds(in.Silent))
		}
		if in.Node == r.Subject && r.Cause == Crash {
			text = fmt.Sprintf("Its last status had come %s before, its dead time is %s", seconds(in.Silent), seconds(in.Limit))
		}
		var ways []string
		for _, p := range in.Paths {
			state := "dead"
			if p.Up {
				state = "up"
			}
			ways = append(ways, fmt.Sprintf("%s %s, %s", p.Name, state, silence(p.Silent)))
		}
		if len(ways) > 0 {
			text += " (" + strings.Join(ways, "; ") + ")"
		}
		out = append(out, text+".")
	}
	return out
}

func silence(ms int64) string {
	if ms < 0 {
		return "never heard"
	}
	return "silent for " + seconds(ms)
}

// outcome says what came of it.
func (r *Record) outcome() []string {
	jobs, failed := 0, 0
	var took int64
	for _, s := range r.Steps {
		if s.Kind == StepJob {
			jobs++
			took += s.Took
			if s.Code != 0 {
				failed++
			}
		}
	}
	var out []string
	switch {
	case r.Ended.IsZero():
		out = append(out, fmt.Sprintf("This node held %s. What followed was not written: the node was cut off, or it is still at it.", r.Before))
	case r.Before == r.After:
		out = append(out, fmt.Sprintf("This node held %s and holds it still.", r.Before))
	default:
		out = append(out, fmt.Sprintf("This node held %s and then %s.", r.Before, r.After))
	}
	if jobs > 0 {
		out = append(out, fmt.Sprintf("Resource work: %d, in %s.", jobs, seconds(took)))
	}
	if failed > 0 {
		out = append(out, fmt.Sprintf("Of that %d failed.", failed))
	}
	if !r.Ended.IsZero() && !r.Done {
		out = append(out, "It did not come to rest.")
	} else if r.Done {
		out = append(out, fmt.Sprintf("It was at rest after %s.", seconds(r.Ended.Sub(r.Begun).Milliseconds())))
	}
	return out
}

func (s *Step) line() string {
	switch {
	case s.Kind == StepJob && s.Took > 0:
		text := fmt.Sprintf("ran %s in %s", s.Text, seconds(s.Took))
		if s.Code != 0 {
			text += fmt.Sprintf(", exit code %d", s.Code)
		}
		return text
	case s.Kind == StepJob:
		return "ran " + s.Text
	case s.Kind == StepSend:
		return "said " + s.Text
	case s.Kind == StepCause:
		return "meanwhile: " + s.Text
	}
	return s.Text
}

func seconds(ms int64) string { return fmt.Sprintf("%.2f s", float64(ms)/1000) }

func offset(d time.Duration) string { return fmt.Sprintf("%+.3fs", d.Seconds()) }

func wrap(w io.Writer, text string) {
	column := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
		case column+1+n > 80:
			fmt.Fprintln(w)
			column = 0
		default:
			fmt.Fprint(w, " ")
			column++
		}
		fmt.Fprint(w, word)
		column += n
	}
	fmt.Fprintln(w)
}
