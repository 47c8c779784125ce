package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Pace is how often a client asks and how long it waits for an answer. It asks
// on time, also while earlier questions are open.
type Pace struct {
	Every   time.Duration
	Timeout time.Duration
}

// Traffic is a client at work. Stop it when done; it does not end by itself, not
// even when its host goes down (then all questions fail).
type Traffic struct {
	Record[Answer]
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Stop ends the client, waits for open questions, and returns what it saw.
func (t *Traffic) Stop() Answers {
	t.cancel()
	t.wg.Wait()
	t.end(io.EOF)
	return t.All()
}

// AwaitServer waits for the first answer ever of a server.
func (t *Traffic) AwaitServer(ctx context.Context, server string) (Answer, error) {
	return t.Await(ctx, func(a Answer) bool { return a.Err == nil && a.Server == server })
}

// AwaitAnswer waits for an answer to a question asked after a time.
func (t *Traffic) AwaitAnswer(ctx context.Context, after time.Time) (Answer, error) {
	return t.Await(ctx, func(a Answer) bool { return a.Err == nil && a.Start.After(after) })
}

// Ask has the host get http://target/path again and again, each time over a new
// connection. The last line of the page says who answered (see Web).
func (h *Host) Ask(target netip.AddrPort, path string, pace Pace) *Traffic {
	client := h.HTTP(pace.Timeout)
	url := "http://" + target.String() + path
	return paced(pace.Every, func(t *Traffic, start time.Time) {
		server, err := LastLine(client, url)
		t.add(Answer{Start: start, Latency: time.Since(start), Server: server, Err: err})
	})
}

// HTTP is a client on the host, with a limit to each request and a connection of its own for it.
func (h *Host) HTTP(limit time.Duration) *http.Client {
	return &http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true, DialContext: h.Dial}}
}

// LastLine asks for a page and returns its last line, which says who answered (see Web).
func LastLine(client *http.Client, url string) (string, error) {
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	if r.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, r.Status)
	}
	lines := strings.Split(strings.TrimSpace(string(page)), "\n")
	return lines[len(lines)-1], nil
}

// paced calls ask at a steady pace, each call on its own, until Stop.
func paced(every time.Duration, ask func(*Traffic, time.Time)) *Traffic {
	ctx, cancel := context.WithCancel(context.Background())
	t := &Traffic{cancel: cancel}
	t.wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			start := time.Now()
			t.wg.Go(func() { ask(t, start) })
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return t
}
