package history

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/world"
)

// clients are some whose every call and answer a test makes up.
type clients struct {
	history *History
	now     time.Duration
	err     error // the first
}

func newClients(stopped func() bool) *clients { return &clients{history: New(stopped)} }

func (f *clients) ask(client kv.ClientID, sequence kv.Sequence, command kv.Command) *clients {
	f.now += time.Millisecond
	f.history.Asked(kv.RequestID{Client: client, Sequence: sequence}, command, f.now)
	return f
}

func (f *clients) answer(client kv.ClientID, sequence kv.Sequence, result kv.Result) *clients {
	f.now += time.Millisecond
	op := f.history.Answered(kv.RequestID{Client: client, Sequence: sequence}, result, f.now)
	if op != nil && f.err == nil {
		f.err = f.history.CheckAnswer(op)
	}
	return f
}

// end is what is wrong when the run is over; nil if nothing is.
func (f *clients) end() error {
	if f.err == nil {
		f.err = f.history.CheckEnd()
	}
	return f.err
}

func putA(value string) kv.Command { return kv.Put{Key: "a", Value: value} }

var (
	getA, deleteA = kv.Command(kv.Get{Key: "a"}), kv.Command(kv.Delete{Key: "a"})
	stored        = kv.Stored{}
	deleted       = kv.Deleted{}
	exists        = kv.KeyExists{Key: "a"}
	notFound      = kv.KeyNotFound{Key: "a"}
	failed        = kv.ReplicationFailed{}
)

func found(value string) kv.Result { return kv.Found{Value: value} }

func TestHistories(t *testing.T) {
	for _, h := range []struct {
		name string
		fine bool
		do   func(f *clients)
	}{
		{"one after the other", true, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, getA).answer(2, 1, found("x")).
				ask(1, 2, deleteA).answer(1, 2, deleted).ask(2, 2, getA).answer(2, 2, notFound)
		}},
		{"at once, in another order than asked", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(1, 1, stored).answer(2, 1, notFound)
		}},
		{"at rest, two values are possible, and a read decides", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).
				ask(3, 1, deleteA).answer(1, 1, stored).answer(2, 1, stored).answer(3, 1, deleted).
				ask(1, 2, getA).answer(1, 2, found("x"))
		}},
		{"at rest, two values are possible, and two reads disagree", false, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).
				ask(3, 1, deleteA).answer(1, 1, stored).answer(2, 1, stored).answer(3, 1, deleted)
			f.ask(1, 2, getA).answer(1, 2, found("x")).ask(1, 3, getA).answer(1, 3, found("y"))
		}},
		{"a stale read", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, deleteA).answer(1, 2, deleted).
				ask(2, 1, getA).answer(2, 1, found("x"))
		}},
		{"a lost write", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, putA("y")).answer(2, 1, stored)
		}},
		{"a double effect", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, deleteA).answer(2, 1, deleted).
				ask(2, 2, putA("y")).answer(2, 2, exists)
		}},
		{"a retry that answers for its own first effect", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, exists)
		}},
		{"a value out of thin air", false, func(f *clients) { f.ask(1, 1, getA).answer(1, 1, found("x")) }},
		{"an unknown outcome that took effect", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, notFound).ask(2, 2, getA).answer(2, 2, found("x"))
		}},
		{"an unknown outcome that took no effect", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).answer(2, 1, stored).ask(2, 2, getA).answer(2, 2, found("y"))
		}},
		{"an unknown outcome that took effect and then did not", false, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, found("x")).ask(2, 2, getA).answer(2, 2, notFound)
		}},
		{"a write that was given up and takes effect after the client's next", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(1, 2, getA).answer(1, 2, notFound).ask(2, 1, getA).answer(2, 1, found("x"))
		}},
		{"a write that was given up and takes effect twice", false, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(1, 2, getA).answer(1, 2, found("x")).
				ask(2, 1, deleteA).answer(2, 1, deleted).ask(2, 2, getA).answer(2, 2, found("x"))
		}},
		{"a read that was given up, and then a stale one", false, func(f *clients) {
			f.ask(1, 1, getA).ask(1, 2, putA("x")).answer(1, 2, stored).ask(2, 1, getA).answer(2, 1, notFound)
		}},
		{"a failure that took effect", false, func(f *clients) {
			f.ask(1, 1, deleteA).answer(1, 1, notFound).ask(1, 2, putA("x")).answer(1, 2, exists)
		}},
		{"a failure that is believed", true, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, notFound).ask(2, 1, putA("y")).
				ask(1, 3, deleteA).answer(1, 3, failed).answer(2, 1, stored)
		}},
		{"a read that is answered to have failed", true, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, getA).answer(1, 2, failed).
				ask(1, 3, getA).answer(1, 3, found("x"))
		}},
		{"a failed write that is read", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, notFound).
				ask(1, 3, getA).answer(1, 3, found("x"))
		}},
		{"a failed write that was read before it was answered", false, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, found("x")).answer(1, 1, failed)
		}},
		{"a failed delete that makes room", false, func(f *clients) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, deleteA).answer(1, 2, failed).
				ask(1, 3, putA("y")).answer(1, 3, stored)
		}},
		{"a failed write that only one answer at the end shows", false, func(f *clients) {
			f.ask(2, 1, deleteA).ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, found("x"))
		}},
		{"a second answer and a second asking", true, func(f *clients) {
			f.ask(1, 1, putA("x")).ask(1, 1, putA("x")).answer(1, 1, stored).answer(1, 1, exists).
				ask(1, 2, getA).answer(1, 1, exists).answer(1, 2, found("x"))
		}},
	} {
		t.Run(h.name, func(t *testing.T) {
			f := newClients(nil)
			h.do(f)
			err := f.end()
			if h.fine && err != nil {
				t.Error(err)
			}
			if !h.fine && !errors.As(err, &check.Clash{}) {
				t.Errorf("it is not refused: %v", err)
			}
		})
	}
}

// TestAgainstPorcupine makes up histories of several clients on one key, right ones and ones with a wrong answer, and
// compares the checks at rest with porcupine's of the whole history.
func TestAgainstPorcupine(t *testing.T) {
	verdicts := map[porcupine.CheckResult]int{}
	for seed := range uint64(3000) {
		f, whole := madeUp(seed)
		got := f.end()
		want := (&keyHistory{stopped: func() bool { return false }}).order(Content{}, whole, nil, nil)
		if verdicts[want]++; (want == porcupine.Ok) != (got == nil) {
			t.Errorf("seed %d: porcupine says %s, the history says %v", seed, want, got)
		}
	}
	if verdicts[porcupine.Ok] < 300 || verdicts[porcupine.Illegal] < 300 {
		t.Errorf("the histories are too much alike: %v", verdicts)
	}
}

// madeUp is a history of 2 to 9 clients, in which each operation takes effect somewhere between its call and its
// answer; in half of them, one answer is wrong.
func madeUp(seed uint64) (*clients, []Operation) {
	next := func(n uint64) uint64 {
		seed += 1 << 32
		return world.Draw(seed, 0, 0) % n
	}
	f := newClients(nil)
	several, wrong, now := 2+next(8), next(80), Content{}
	type open struct {
		command kv.Command
		result  kv.Result
	}
	running := make([]*open, several)
	sequences := make([]kv.Sequence, several)
	var whole []Operation
	for step := range uint64(40) {
		i := next(several)
		id := kv.ClientID(i + 1)
		switch o := running[i]; {
		case o == nil:
			sequences[i]++
			running[i] = &open{command: []kv.Command{putA(fmt.Sprint(step)), getA, deleteA}[next(3)]}
			f.ask(id, sequences[i], running[i].command)
		case o.result == nil:
			now, o.result = now.Step(o.command)
		default:
			if step >= wrong {
				o.result, wrong = kv.Result(notFound), 1000
			}
			op := *f.history.open[id]
			f.answer(id, sequences[i], o.result)
			op.Result, op.Return = o.result, f.history.clock
			whole = append(whole, op)
			running[i] = nil
		}
	}
	for i, o := range running { // what is open has its answer, so that porcupine is given the same
		if o == nil {
			continue
		}
		if o.result == nil {
			now, o.result = now.Step(o.command)
		}
		id := kv.ClientID(i + 1)
		op := *f.history.open[id]
		f.answer(id, sequences[i], o.result)
		op.Result, op.Return = o.result, f.history.clock
		whole = append(whole, op)
	}
	return f, slices.Clip(whole)
}
