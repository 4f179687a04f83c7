package invariants

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

func (f *fake) ask(client kv.ClientID, sequence kv.Sequence, command kv.Command) *fake {
	f.now += time.Millisecond
	f.checker.Asked(kv.RequestID{Client: client, Sequence: sequence}, command)
	return f
}

func (f *fake) answer(client kv.ClientID, sequence kv.Sequence, result kv.Result) *fake {
	f.now += time.Millisecond
	f.checker.Answered(kv.RequestID{Client: client, Sequence: sequence}, result)
	return f
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
		do   func(f *fake)
	}{
		{"one after the other", true, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, getA).answer(2, 1, found("x")).ask(1, 2, deleteA).answer(1, 2, deleted).ask(2, 2, getA).answer(2, 2, notFound)
		}},
		{"at once, in another order than asked", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(1, 1, stored).answer(2, 1, notFound)
		}},
		{"at rest, two values are possible, and a read decides", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).ask(3, 1, deleteA).answer(1, 1, stored).answer(2, 1, stored).answer(3, 1, deleted).ask(1, 2, getA).answer(1, 2, found("x"))
		}},
		{"at rest, two values are possible, and two reads disagree", false, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).ask(3, 1, deleteA).answer(1, 1, stored).answer(2, 1, stored).answer(3, 1, deleted)
			f.ask(1, 2, getA).answer(1, 2, found("x")).ask(1, 3, getA).answer(1, 3, found("y"))
		}},
		{"a stale read", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, deleteA).answer(1, 2, deleted).ask(2, 1, getA).answer(2, 1, found("x"))
		}},
		{"a lost write", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, putA("y")).answer(2, 1, stored)
		}},
		{"a double effect", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(2, 1, deleteA).answer(2, 1, deleted).ask(2, 2, putA("y")).answer(2, 2, exists)
		}},
		{"a retry that answers for its own first effect", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, exists)
		}},
		{"a value out of thin air", false, func(f *fake) { f.ask(1, 1, getA).answer(1, 1, found("x")) }},
		{"an unknown outcome that took effect", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, notFound).ask(2, 2, getA).answer(2, 2, found("x"))
		}},
		{"an unknown outcome that took no effect", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, putA("y")).answer(2, 1, stored).ask(2, 2, getA).answer(2, 2, found("y"))
		}},
		{"an unknown outcome that took effect and then did not", false, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, found("x")).ask(2, 2, getA).answer(2, 2, notFound)
		}},
		{"a write that was given up and takes effect after the client's next", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(1, 2, getA).answer(1, 2, notFound).ask(2, 1, getA).answer(2, 1, found("x"))
		}},
		{"a write that was given up and takes effect twice", false, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(1, 2, getA).answer(1, 2, found("x")).ask(2, 1, deleteA).answer(2, 1, deleted).ask(2, 2, getA).answer(2, 2, found("x"))
		}},
		{"a read that was given up, and then a stale one", false, func(f *fake) {
			f.ask(1, 1, getA).ask(1, 2, putA("x")).answer(1, 2, stored).ask(2, 1, getA).answer(2, 1, notFound)
		}},
		{"a failure that took effect", false, func(f *fake) {
			f.ask(1, 1, deleteA).answer(1, 1, notFound).ask(1, 2, putA("x")).answer(1, 2, exists)
		}},
		{"a failure that is believed", true, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, notFound).ask(2, 1, putA("y")).ask(1, 3, deleteA).answer(1, 3, failed).answer(2, 1, stored)
		}},
		{"a read that is answered to have failed", true, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, getA).answer(1, 2, failed).ask(1, 3, getA).answer(1, 3, found("x"))
		}},
		{"a failed write that is read", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, notFound).ask(1, 3, getA).answer(1, 3, found("x"))
		}},
		{"a failed write that was read before it was answered", false, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(2, 1, getA).answer(2, 1, found("x")).answer(1, 1, failed)
		}},
		{"a failed delete that makes room", false, func(f *fake) {
			f.ask(1, 1, putA("x")).answer(1, 1, stored).ask(1, 2, deleteA).answer(1, 2, failed).ask(1, 3, putA("y")).answer(1, 3, stored)
		}},
		{"a failed write that only one answer at the end shows", false, func(f *fake) {
			f.ask(2, 1, deleteA).ask(1, 1, putA("x")).answer(1, 1, failed).ask(1, 2, getA).answer(1, 2, found("x"))
		}},
		{"a second answer and a second asking", true, func(f *fake) {
			f.ask(1, 1, putA("x")).ask(1, 1, putA("x")).answer(1, 1, stored).answer(1, 1, exists).ask(1, 2, getA).answer(1, 1, exists).answer(1, 2, found("x"))
		}},
	} {
		t.Run(h.name, func(t *testing.T) {
			f := newFake(t)
			h.do(f)
			f.checker.End(true)
			v := f.checker.Violation()
			if h.fine && v != nil {
				t.Error(v)
			}
			if !h.fine && (v == nil || v.Invariant.Name != protocol.InvariantLinearizable) {
				t.Errorf("it is not refused: %v", v)
			}
		})
	}
}

// TestAgainstPorcupine makes up histories of several clients on one key, right ones and ones with a wrong answer, and compares the checks at rest with porcupine's of
// the whole history.
func TestAgainstPorcupine(t *testing.T) {
	verdicts := map[porcupine.CheckResult]int{}
	for seed := range uint64(3000) {
		f, whole := madeUp(t, seed)
		f.checker.End(true)
		want := (&keyHistory{stopped: func() bool { return false }}).order(content{}, whole, nil, nil)
		if verdicts[want]++; (want == porcupine.Ok) != (f.checker.Violation() == nil) {
			t.Errorf("seed %d: porcupine says %s, the checker says %v", seed, want, f.checker.Violation())
		}
	}
	if verdicts[porcupine.Ok] < 300 || verdicts[porcupine.Illegal] < 300 {
		t.Errorf("the histories are too much alike: %v", verdicts)
	}
}

// madeUp is a history of 2 to 9 clients, in which each operation takes effect somewhere between its call and its answer; in half of them, one answer is wrong.
func madeUp(t *testing.T, seed uint64) (*fake, []Operation) {
	next := func(n uint64) uint64 {
		seed += 1 << 32
		return world.Draw(seed, 0, 0) % n
	}
	f := newFake(t)
	clients, wrong, now := 2+next(8), next(80), content{}
	type open struct {
		command kv.Command
		result  kv.Result
	}
	running := make([]*open, clients)
	sequences := make([]kv.Sequence, clients)
	var whole []Operation
	for step := range uint64(40) {
		i := next(clients)
		id := kv.ClientID(i + 1)
		switch o := running[i]; {
		case o == nil:
			sequences[i]++
			running[i] = &open{command: []kv.Command{putA(fmt.Sprint(step)), getA, deleteA}[next(3)]}
			f.ask(id, sequences[i], running[i].command)
		case o.result == nil:
			now, o.result = now.step(o.command)
		default:
			if step >= wrong {
				o.result, wrong = kv.Result(notFound), 1000
			}
			op := *f.checker.history.open[id]
			f.answer(id, sequences[i], o.result)
			op.Result, op.Return = o.result, f.checker.history.clock
			whole = append(whole, op)
			running[i] = nil
		}
	}
	for i, o := range running { // what is open has its answer, so that porcupine is given the same
		if o == nil {
			continue
		}
		if o.result == nil {
			now, o.result = now.step(o.command)
		}
		id := kv.ClientID(i + 1)
		op := *f.checker.history.open[id]
		f.answer(id, sequences[i], o.result)
		op.Result, op.Return = o.result, f.checker.history.clock
		whole = append(whole, op)
	}
	return f, slices.Clip(whole)
}
