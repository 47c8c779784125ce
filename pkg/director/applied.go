package director

import (
	"slices"
	"time"

	"systole/pkg/ipvs"
)

// failure is a change that the kernel refused, by its text.
type failure struct{ change, err string }

// readCommand stands for the reading of the table in the list of failures.
const readCommand = "-L -n"

func (f failure) String() string {
	return "system(/sbin/ipvsadm " + f.change + ") failed: " + f.err
}

func (k *kernel) problems() []string {
	var texts []string
	for _, f := range k.failed {
		texts = append(texts, f.String())
	}
	return texts
}

// applied takes the outcome of each change: the log line where it worked, one complaint where it
// did not, another look at the table, and a later retry.
func (m *Machine) applied(errs []error) {
	k := &m.kernel
	if k.io != applying {
		return
	}
	k.io = idle
	k.applies++
	var done []step
	absent := map[ipvs.ServiceID]bool{} // services that could not be added: their servers fail, too
	failed, news := false, false
	for i, st := range k.steps {
		if i >= len(errs) || errs[i] == nil {
			done = append(done, st)
			continue
		}
		failed = true
		id := st.change.Service.ServiceID
		if v := m.virtualOf[id]; v != nil {
			m.touch(v)
		}
		if !absent[id] && m.refused(failure{st.change.String(), errs[i].Error()}) {
			news = true
		}
		absent[id] = absent[id] || st.change.Op == ipvs.AddService
	}
	m.book(done)
	m.afterApply(failed, news)
}

// afterApply looks again after a new failure, and again later after any.
func (m *Machine) afterApply(failed, news bool) {
	switch {
	case !failed:
		m.allWell()
	case m.phase == stopping && !news:
		m.finish()
	case m.phase == stopping:
		m.kernel.reread = true
	default:
		m.kernel.reread = news
		m.retryLater()
	}
}

// book notes and logs the changes that worked.
func (m *Machine) book(done []step) {
	k := &m.kernel
	changes := make([]ipvs.Change, len(done))
	for i, s := range done {
		changes[i] = s.change
		k.succeeded(s.change.String())
		m.report(s.lines)
		m.arrived(s.change)
	}
	var err error
	if k.have, err = k.have.Apply(changes); err != nil {
		k.reread = true
	}
	m.retired = slices.DeleteFunc(m.retired, func(v *virtual) bool {
		_, there := k.have.Find(v.id)
		return !there
	})
}

// refused remembers a failure and logs it if it is news.
func (m *Machine) refused(f failure) bool {
	k := &m.kernel
	if slices.Contains(k.failed, f) {
		return false
	}
	k.succeeded(f.change)
	k.failed = append(k.failed, f)
	m.log(f.String())
	return true
}

// succeeded takes a change off the list of failures.
func (k *kernel) succeeded(change string) {
	k.failed = slices.DeleteFunc(k.failed, func(f failure) bool { return f.change == change })
}

func (m *Machine) retryLater() {
	k := &m.kernel
	k.retryIn = min(max(2*k.retryIn, retryFirst), retryMost)
	k.retryAt = m.now.Add(k.retryIn)
}

// allWell ends the retries when no failure is left.
func (m *Machine) allWell() {
	if k := &m.kernel; len(k.failed) == 0 {
		k.retryAt, k.retryIn = time.Time{}, 0
	}
}
