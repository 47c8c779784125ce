package decision

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Text tells a record: a paragraph, the rule, then its steps with their times.
func (r *Record) Text(w io.Writer, zone *time.Location) {
	fmt.Fprintf(w, "Decision %d on %s, %s\n\n", r.ID, r.Node, r.Begun.In(zone).Format("2006-01-02 15:04:05.000"))
	sentences := []string{r.Title() + ".", r.more()}
	if r.Life != nil {
		sentences = append(sentences, r.Life.tell(zone))
	}
	for _, more := range [][]string{r.origin(), r.known(), r.evidence(), r.outcome(zone), r.effort()} {
		sentences = append(sentences, more...)
	}
	wrap(w, "", strings.Join(sentences, " "))
	if rule := r.Cause.words().rule; rule != "" {
		fmt.Fprintln(w)
		wrap(w, "", "The rule: "+rule)
	}
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
	return fmt.Sprintf("%5d  %s  %s%s", r.ID, r.Begun.In(zone).Format("Jan _2 15:04:05"), r.Title(), moved)
}

// origin says what came of what.
func (r *Record) origin() []string {
	var out []string
	switch f := r.Follows; {
	case f == nil:
	case f.ID == r.ID:
		out = append(out, fmt.Sprintf("It began with this, %s before: %s.", seconds(f.Ago), f.Title()))
	default:
		out = append(out, fmt.Sprintf("It follows decision %d, of %s before: %s.", f.ID, seconds(f.Ago), f.Title()))
	}
	var also []string
	for _, s := range r.Steps {
		if s.Kind == StepCause && s.Text != r.Title() {
			also = append(also, fmt.Sprintf("%s (%s)", s.Text, offset(s.At.Sub(r.Begun))))
		}
	}
	if len(also) > 0 {
		out = append(out, "Meanwhile: "+strings.Join(also, "; ")+".")
	}
	return out
}

// known says what was known of the others.
func (r *Record) known() []string {
	var out []string
	for i := range r.Inputs {
		out = append(out, r.Inputs[i].tell(r.Cause == Death && r.Inputs[i].Node == r.Subject))
	}
	return out
}

func (in *Input) tell(died bool) string {
	text := fmt.Sprintf("%s was %s, last heard %s before", in.Node, in.Status, seconds(in.Silent))
	switch {
	case in.Ping && in.Status == "ping":
		return fmt.Sprintf("The ping node %s had answered %s before.", in.Node, seconds(in.Silent))
	case in.Ping && in.Status == "init":
		return fmt.Sprintf("The ping node %s had not answered yet.", in.Node)
	case in.Ping:
		return fmt.Sprintf("The ping node %s did not answer.", in.Node)
	case in.Status == "init":
		text = in.Node + " had not been heard yet"
	case died:
		text = fmt.Sprintf("Its last status had come %s before, its dead time is %s", seconds(in.Silent), seconds(in.Limit))
	}
	var ways []string
	for _, p := range in.Paths {
		ways = append(ways, p.tell())
	}
	if len(ways) > 0 {
		text += " (" + strings.Join(ways, "; ") + ")"
	}
	return text + "."
}

func (p *Path) tell() string {
	text := p.Name + " dead"
	if p.Up {
		text = p.Name + " up"
	}
	if p.Silent < 0 {
		text += ", never heard"
	} else {
		text += ", silent for " + seconds(p.Silent)
	}
	if p.Unplugged {
		text += ", no carrier"
	}
	return text
}

// outcome says what came of it on both nodes.
func (r *Record) outcome(zone *time.Location) []string {
	var out []string
	switch {
	case r.Ended.IsZero():
		return []string{fmt.Sprintf("This node held %s. What followed was not written: the node was cut off, or it is still at it.", r.Before)}
	case r.Before == r.After:
		out = append(out, fmt.Sprintf("This node held %s and holds it still.", r.Before))
	default:
		out = append(out, fmt.Sprintf("This node held %s and then %s.", r.Before, r.After))
	}
	if text := r.peersPart(zone); text != "" {
		out = append(out, text)
	}
	return out
}

// peersPart says what the other node held, as far as it was there to say so.
func (r *Record) peersPart(zone *time.Location) string {
	p := r.Peer
	said := slices.Compact(slices.DeleteFunc(append(append([]string{p.Before}, p.Between...), p.After), func(s string) bool { return s == "" }))
	switch {
	case len(said) == 0:
		return ""
	case p.After == "" && len(said) == 1 && r.Cause == Death:
		return fmt.Sprintf("%s had held %s, as it had said itself.", p.Node, said[0])
	case !p.Since.IsZero():
		since := said[0] + ", since " + p.Since.In(zone).Format("Jan _2 15:04:05")
		said[0] = since + map[bool]string{true: ",", false: ""}[len(said) > 1]
	}
	return fmt.Sprintf("%s held %s, as it said itself.", p.Node, strings.Join(said, " and then "))
}

// effort says what was run, and how long all of it took.
func (r *Record) effort() []string {
	var out []string
	commands, took := 0, int64(0)
	for _, s := range r.Steps {
		if s.Kind != StepCommand {
			continue
		}
		commands, took = commands+1, took+s.Took
		if s.Code != 0 {
			out = append(out, fmt.Sprintf("%s failed with exit code %d.", s.Text, s.Code))
		}
	}
	switch {
	case commands == 1:
		out = append(out, fmt.Sprintf("It ran one command, which took %s.", seconds(took)))
	case commands > 1:
		out = append(out, fmt.Sprintf("It ran %d commands, which took %s together.", commands, seconds(took)))
	}
	switch {
	case r.Ended.IsZero():
	case r.Done:
		out = append(out, fmt.Sprintf("This node was at rest after %s.", seconds(r.Ended.Sub(r.Begun).Milliseconds())))
	default:
		out = append(out, "This node did not come to rest.")
	}
	return out
}

func (s *Step) line() string {
	text := s.Text
	switch s.Kind {
	case StepCause:
		return "meanwhile: " + text
	case StepSend:
		return "said " + text
	case StepHear:
		return "heard " + text
	case StepJob:
		text = "work " + text
	case StepCommand:
		text = "ran " + text
	}
	if s.Took > 0 {
		text += " in " + seconds(s.Took)
	}
	if s.Code != 0 {
		text += fmt.Sprintf(", exit code %d", s.Code)
	}
	return text
}

func seconds(ms int64) string { return long(time.Duration(ms) * time.Millisecond) }

func offset(d time.Duration) string { return fmt.Sprintf("%+.3fs", d.Seconds()) }

// width is that of a page of text.
const width = 80

// wrap writes a text in lines of at most a page's width, each behind an indent.
func wrap(w io.Writer, indent, text string) {
	line := indent
	for _, word := range strings.Fields(text) {
		switch {
		case line == indent:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			fmt.Fprintln(w, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	fmt.Fprintln(w, line)
}
