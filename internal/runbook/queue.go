package runbook

import (
	"sync"
	"time"
)

// PerHost is how many operations a host runs at a time: one less than the sessions of a connection, so that the lock's heartbeat always finds one.
const PerHost = 7

// Queue hands out a runbook's operations as they may begin. It is for concurrent use.
type Queue struct {
	mu        sync.Mutex
	book      Runbook
	waits     map[string]map[string]bool // what an operation still waits for
	waiting   []string                   // not begun, in the runbook's order
	ops       map[string]Operation
	busy      map[string]int           // operations that run, by host
	lanes     map[string]int           // and by lane
	estimates map[string]time.Duration // of each operation
	tails     map[string]time.Duration // from an operation's beginning to the end of the last one that waits for it
}

// Queue is a runbook of which nothing has begun.
func (r Runbook) Queue() *Queue {
	q := &Queue{
		book:  r,
		waits: map[string]map[string]bool{}, ops: map[string]Operation{},
		busy: map[string]int{}, lanes: map[string]int{}, estimates: map[string]time.Duration{},
	}
	for id, before := range r.Waits() {
		q.waits[id] = make(map[string]bool, len(before))
		for _, other := range before {
			q.waits[id][other] = true
		}
	}
	for _, op := range r.Operations {
		q.waiting = append(q.waiting, op.ID)
		q.ops[op.ID], q.estimates[op.ID] = op, op.Estimate
	}
	q.measure()
	return q
}

// measure finds the tails anew. Operations of later stages count as one: they wait for the whole stage, whichever ends it.
func (q *Queue) measure() {
	q.tails = make(map[string]time.Duration, len(q.book.Operations))
	for i := len(q.book.Operations) - 1; i >= 0; i-- {
		op := q.book.Operations[i]
		var after time.Duration
		for _, later := range q.book.Operations[i+1:] {
			if later.Stage == op.Stage && q.waits[later.ID][op.ID] {
				after = max(after, q.tails[later.ID])
			}
		}
		q.tails[op.ID] = q.estimates[op.ID] + after
	}
}

// Next begins the operation on which the end of its stage waits longest, among those that may begin now; false: none may before another one ends.
func (q *Queue) Next() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	best := -1
	for i, id := range q.waiting {
		if len(q.waits[id]) > 0 || !q.room(q.ops[id]) {
			continue
		}
		if best < 0 || q.tails[id] > q.tails[q.waiting[best]] {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	id := q.waiting[best]
	q.waiting = append(q.waiting[:best:best], q.waiting[best+1:]...)
	q.count(q.ops[id], 1)
	return id, true
}

// room reports whether the host and the lane of an operation have place for one more.
func (q *Queue) room(op Operation) bool {
	return (op.Host == "" || q.busy[op.Host] < PerHost) && (op.Lane == nil || q.lanes[op.Lane.Name] < op.Lane.Width)
}

func (q *Queue) count(op Operation, n int) {
	q.busy[op.Host] += n
	if op.Lane != nil {
		q.lanes[op.Lane.Name] += n
	}
}

// Ended tells that an operation has ended, however: what waited for it alone may begin.
func (q *Queue) Ended(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count(q.ops[id], -1)
	for _, before := range q.waits {
		delete(before, id)
	}
}

// Expect tells what an operation is now thought to take.
func (q *Queue) Expect(id string, takes time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.estimates[id] = takes
	q.measure()
}
