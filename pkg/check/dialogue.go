package check

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// dialogue is a conversation in lines.
type dialogue struct {
	*wire
	r *headReader
}

// talk connects to the real's check port; encrypted puts TLS on the connection first.
func talk(ctx context.Context, env *Env, t Target, encrypted bool) (*dialogue, error) {
	w, err := open(ctx, env, "tcp", t.address(), headerMax)
	if err != nil {
		return nil, err
	}
	if encrypted {
		if err := w.encrypt(ctx, t.Real.Addr.String()); err != nil {
			_ = w.Close()
			return nil, err
		}
	}
	return newDialogue(w), nil
}

func newDialogue(w *wire) *dialogue {
	return &dialogue{w, &headReader{r: bufio.NewReaderSize(w, 1024), left: headerMax}}
}

// line reads one line.
func (d *dialogue) line() (string, error) { return d.r.line() }

// say sends a line.
func (d *dialogue) say(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if strings.ContainsAny(text, "\r\n") {
		return errors.New("line end in a request")
	}
	_, err := d.Write([]byte(text + "\r\n"))
	return err
}

// reply reads a reply of numbered lines, as of SMTP, NNTP and FTP: "250-more", "250 last". It
// returns the number and the last line.
func (d *dialogue) reply() (code, last string, err error) {
	for {
		l, err := d.line()
		if err != nil {
			return "", "", err
		}
		if len(l) < 3 || strings.Trim(l[:3], "0123456789") != "" {
			continue
		}
		if len(l) == 3 || l[3] != '-' {
			return l[:3], l, nil
		}
	}
}

// ask sends a line and reads the reply.
func (d *dialogue) ask(format string, args ...any) (code, last string, err error) {
	if err := d.say(format, args...); err != nil {
		return "", "", err
	}
	return d.reply()
}

// farewellWait is how long a check whose verdict is made waits for the answer to its QUIT.
const farewellWait = time.Second

// farewell ends a conversation as servers like it. The verdict stands, whatever the answer.
func (d *dialogue) farewell(env *Env, text string) {
	_ = d.SetDeadline(env.Now().Add(farewellWait))
	if d.say("%s", text) == nil {
		_, _ = d.line()
	}
}

// failed is the result of a check that could not go on.
func failed(ctx context.Context, err error) Result {
	if ctx.Err() != nil {
		return Result{Message: "Timeout"}
	}
	return Result{Message: reason(err)}
}
