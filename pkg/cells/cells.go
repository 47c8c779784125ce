// Package cells measures text as a terminal shows it: a Hangul syllable takes two columns, a combining
// accent none. It cuts and fills cells of tables, so that what stands to the right stays in line, and makes text harmless.
//
//	Fit("점검 중", 6, false) = "점검 …"      Fit("up", 6, true) = "    up"
package cells

import (
	"strings"

	"github.com/rivo/uniseg"
)

// more stands for what was cut off.
const more = "…"

// Width is how many columns a text takes.
func Width(text string) int { return uniseg.StringWidth(text) }

// Cut returns a text in at most so many columns, with an ellipsis at the end of one that was cut.
func Cut(text string, width int) string {
	if Width(text) <= width {
		return text
	}
	if width < Width(more) {
		return ""
	}
	return head(text, width-Width(more)) + more
}

// head is as much of a text as fits.
func head(text string, width int) string {
	rest, state, end := text, -1, 0
	for rest != "" {
		var cluster string
		var wide int
		cluster, rest, wide, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if width -= wide; width < 0 {
			break
		}
		end += len(cluster)
	}
	return text[:end]
}

// Fit returns a text in exactly so many columns, with its blanks before it if right says so.
func Fit(text string, width int, right bool) string {
	text = Cut(text, width)
	blanks := strings.Repeat(" ", max(width-Width(text), 0))
	if right {
		return blanks + text
	}
	return text + blanks
}

// Clean keeps what daemons and servers say from steering the terminal.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			return '?'
		}
		return r
	}, text)
}

// ASCII returns a text for a terminal that has nothing else: an ellipsis is ~, another character as
// many question marks as it has columns.
func ASCII(text string) string {
	var b strings.Builder
	for state := -1; text != ""; {
		var cluster string
		var wide int
		cluster, text, wide, state = uniseg.FirstGraphemeClusterInString(text, state)
		switch {
		case cluster == more:
			b.WriteString(strings.Repeat("~", wide))
		case len(cluster) == 1 && cluster[0] < 0x80:
			b.WriteString(cluster)
		default:
			b.WriteString(strings.Repeat("?", wide))
		}
	}
	return b.String()
}
