package top

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gdamore/tcell/v2"

	"systole/pkg/tool/here"
	"systole/pkg/view"
)

// watch shows the view on the terminal until somebody quits, or the terminal goes away.
func (o *options) watch() error {
	screen, err := tcell.NewScreen()
	if err == nil {
		err = screen.Init()
	}
	if err != nil {
		return fmt.Errorf("terminal %s: %w; systole top --lines needs none", os.Getenv("TERM"), err)
	}
	defer screen.Fini()
	screen.RegisterRuneFallback('…', ".")
	t := &terminal{o: o, screen: screen, model: o.model(), plain: os.Getenv("NO_COLOR") != "",
		events: make(chan tcell.Event, 16), done: make(chan struct{}), shots: make(chan view.Snapshot), said: make(chan string)}
	defer close(t.done)
	go screen.ChannelEvents(t.events, t.done)
	go t.ask()
	t.loop()
	return nil
}

// terminal joins the view to the screen. One goroutine owns the view.
type terminal struct {
	o      *options
	screen tcell.Screen
	model  *view.Model
	plain  bool // no colours
	events chan tcell.Event
	done   chan struct{}
	shots  chan view.Snapshot
	said   chan string
}

// ask asks the daemons, never twice at once.
func (t *terminal) ask() {
	tick := time.NewTicker(t.o.interval)
	defer tick.Stop()
	for {
		s := t.o.snapshot()
		select {
		case t.shots <- s:
		case <-t.done:
			return
		}
		select {
		case <-tick.C:
		case <-t.done:
			return
		}
	}
}

func (t *terminal) loop() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ends)
	clock := time.NewTicker(time.Second)
	defer clock.Stop()
	t.model.Resize(t.screen.Size())
	for quit := false; !quit; {
		t.draw()
		select {
		case ev, open := <-t.events:
			quit = !open || t.event(ev)
		case s := <-t.shots:
			t.model.Show(s)
		case text := <-t.said:
			t.model.Said(text)
		case now := <-clock.C:
			t.model.Clock(now)
		case <-ends:
			quit = true
		}
	}
}

// event takes what the terminal tells; true is the end.
func (t *terminal) event(ev tcell.Event) bool {
	switch ev := ev.(type) {
	case *tcell.EventResize:
		t.model.Resize(ev.Size())
		t.screen.Sync()
	case *tcell.EventError:
		return true
	case *tcell.EventKey:
		e := t.model.Press(keyOf(ev))
		if e.Order != nil {
			go t.order(*e.Order)
		}
		return e.Quit
	}
	return false
}

// order hands an order over and tells what became of it.
func (t *terminal) order(order view.Order) {
	text := ""
	reals, err := here.Order(t.o.pids, order.Director, order.Request, t.o.timeout)
	if err != nil {
		text = err.Error()
	} else {
		text = "done: " + strings.Join(reals, ", ")
	}
	select {
	case t.said <- text:
	case <-t.done:
	}
}

// keys are those that are no characters.
func keys() map[tcell.Key]view.Key {
	return map[tcell.Key]view.Key{
		tcell.KeyUp: view.Up, tcell.KeyDown: view.Down, tcell.KeyPgUp: view.PageUp, tcell.KeyPgDn: view.PageDown,
		tcell.KeyHome: view.Home, tcell.KeyEnd: view.End, tcell.KeyEnter: view.Enter, tcell.KeyEscape: view.Escape,
		tcell.KeyBackspace: view.Backspace, tcell.KeyBackspace2: view.Backspace, tcell.KeyCtrlC: view.Interrupt,
	}
}

func keyOf(ev *tcell.EventKey) view.Key {
	if ev.Key() == tcell.KeyRune {
		return view.Key(ev.Rune())
	}
	return keys()[ev.Key()]
}

// draw puts the lines on the screen; tcell sends only what has changed.
func (t *terminal) draw() {
	t.screen.Clear()
	width, _ := t.screen.Size()
	for y, line := range t.model.Lines() {
		x := 0
		for _, span := range line.Spans {
			x += t.write(x, y, span.Text, t.style(span.Style, line.Selected))
		}
		for ; line.Selected && x < width; x++ {
			t.screen.SetContent(x, y, ' ', nil, t.style(view.Plain, true))
		}
	}
	t.screen.Show()
}

// write puts a text on the screen and returns how many columns it takes.
func (t *terminal) write(x, y int, text string, style tcell.Style) int {
	began := x
	for text != "" {
		rest, wide := t.screen.Put(x, y, text, style)
		if wide == 0 || rest == text {
			break // it does not fit
		}
		x, text = x+wide, rest
	}
	return x - began
}

// style is how a style looks: with the eight colours that every terminal has, or without.
func (t *terminal) style(s view.Style, selected bool) tcell.Style {
	look := tcell.StyleDefault.Reverse(selected)
	colour := tcell.ColorDefault
	switch s {
	case view.Head:
		look = look.Bold(true)
	case view.Good:
		colour = tcell.ColorGreen
	case view.Warn:
		colour = tcell.ColorOlive
	case view.Bad:
		look, colour = look.Bold(true), tcell.ColorMaroon
	case view.Faint:
		look = look.Dim(!selected)
	}
	if t.plain {
		return look
	}
	return look.Foreground(colour)
}
