package invariants

import (
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// TestFigures counts elections, whoever wins them, and how long answers take.
func TestFigures(t *testing.T) {
	f := newFake(t)
	if got := f.checker.Figures(); got.Led || got.Elections > 0 {
		t.Errorf("before anything happens: %+v", got)
	}
	stands := func(term protocol.Term) func(*protocol.State) {
		return func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = term, 3, protocol.RoleCandidate }
	}
	f.good(3, stands(1))
	f.good(3, stands(1)) // the same one
	f.good(3, stands(2))
	f.elect(1, 3)
	elected := f.now
	f.elect(1, 4)
	f.ask(1, 1, kv.Get{Key: "a"})
	f.now += 4 * time.Millisecond
	f.answer(1, 1, kv.KeyNotFound{Key: "a"})
	got := f.checker.Figures()
	if got.Elections != 4 || !got.Led || got.FirstLeader != elected ||
		!slices.Equal(got.Answers, []time.Duration{5 * time.Millisecond}) {
		t.Errorf("got %+v; the first leader was elected at %s", got, elected)
	}
}
