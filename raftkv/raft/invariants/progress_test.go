package invariants

import (
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// beat has an event happen in which nothing changes, and returns what does not hold then.
func (f *fake) beat(at time.Duration) *check.Violation {
	f.t.Helper()
	f.now = at - time.Millisecond
	return f.step(3, nothing)
}

// TestProgressIsJudgedAsSoonAsItsBoundHasPassed has each bound pass between two events.
func TestProgressIsJudgedAsSoonAsItsBoundHasPassed(t *testing.T) {
	for _, test := range []struct {
		name  string
		do    func(f *fake) (begins time.Duration) // of the bound
		bound func(b *bounds) time.Duration
		tells []string
	}{
		{
			"nobody leads", func(f *fake) time.Duration {
				f.hold([]protocol.LogEntry{first}, 1, 2, 3)
				return 0
			}, func(b *bounds) time.Duration { return b.election },
			[]string{
				"3 of 3 servers are up, and nothing was done to the run since 0s", "none of them is the leader, for 2.101s",
				"the bound is 2.1s, 7 times an election timeout of 300ms: messages of 3 servers take up to 5ms, and 0% of them are lost or late",
			},
		},
		{
			"nobody leads any more", func(f *fake) time.Duration {
				f.elect(1, 1)
				f.now = time.Second
				f.good(3, nothing)
				f.good(1, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 2, 0, protocol.RoleFollower })
				return f.now
			}, func(b *bounds) time.Duration { return b.election },
			[]string{"none of them is the leader, for 2.101s"},
		},
		{
			"two lead", func(f *fake) time.Duration {
				f.elect(1, 1)
				f.elect(3, 2)
				return f.now
			}, func(b *bounds) time.Duration { return b.election },
			[]string{"node-1 leads term 1", "node-3 leads term 2 as well, for 2.101s; the bound is 2.1s"},
		},
		{
			"a follower does not get what is committed", func(f *fake) time.Duration {
				f.elect(1, 1)
				f.hold([]protocol.LogEntry{first}, 1, 2)
				f.commit(1, 1, 2)
				f.checker.Disturbed(f.now + 10*time.Millisecond) // the goal is set anew at the next event
				f.now += 10 * time.Millisecond
				f.good(3, nothing)
				return f.now
			}, func(b *bounds) time.Duration { return b.catchUp(1, 0) },
			[]string{
				"node-1 committed \"put a first\"", "node-3 has applied entries up to index 0 only",
				"for 1 entry, at most 64 in a message, and 0 terms to go back over: a round trip takes up to 13.45ms",
			},
		},
		{
			"nothing is committed", func(f *fake) time.Duration {
				f.elect(1, 1)
				f.hold([]protocol.LogEntry{first}, 1)
				f.checker.Disturbed(f.now + 10*time.Millisecond)
				f.now += 10 * time.Millisecond
				f.good(3, nothing)
				return f.now
			}, func(b *bounds) time.Duration { return b.catchUp(1, 0) },
			[]string{
				"node-1 leads term 1, and its log went up to index 1 at 15ms",
				"node-1 has applied entries up to index 0 only",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			ends := test.do(f) + test.bound(&f.checker.progress.bounds)
			if v := f.beat(ends); v != nil {
				t.Fatalf("at %s, when the bound has not passed: %v", ends, v)
			}
			v := f.beat(ends + time.Millisecond)
			if v == nil || v.Invariant.Name != string(protocol.InvariantProgress) || v.At != ends+time.Millisecond {
				t.Fatalf("want a violation of Progress at %s, got %v", ends+time.Millisecond, v)
			}
			for _, tells := range test.tells {
				if !strings.Contains(v.Facts[0]+"; "+v.Facts[1], tells) {
					t.Errorf("%q is not told: %v", tells, v)
				}
			}
		})
	}
}

// TestNoElectionWithoutReason has a server stand where everybody hears from a leader: soon, late, and late on a network
// that loses messages.
func TestNoElectionWithoutReason(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration
		lost  float64
		want  bool
	}{
		{"soon", time.Second, 0, false},
		{"late", 3 * time.Second, 0, true},
		{"late, with losses", 3 * time.Second, 0.01, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			lossy := timing
			lossy.Lost = test.lost
			f.checker.progress.bounds = boundsOf(lossy, servers)
			f.elect(1, 1)
			f.now = test.after
			v := f.step(3, func(s *protocol.State) {
				s.CurrentTerm, s.VotedFor, s.Role = 2, 3, protocol.RoleCandidate
				s.VotesGranted = []bool{3: true}
			})
			if test.want != (v != nil && v.Invariant.Name == string(protocol.InvariantProgress) &&
				strings.Contains(v.Facts[1], "node-3 stands for election in term 2")) || !test.want && v != nil {
				t.Errorf("want a violation of Progress: %t, got %v", test.want, v)
			}
		})
	}
}

// TestBounds computes bounds of several configs.
func TestBounds(t *testing.T) {
	change := func(do func(t *Timing)) Timing {
		changed := timing
		do(&changed)
		return changed
	}
	for _, test := range []struct {
		name     string
		timing   Timing
		servers  int
		election time.Duration // 0 when none is promised
		catchUp  time.Duration // of 100 entries, with 2 terms to go back over
	}{
		{"default", timing, 5, 3000 * time.Millisecond, 418 * time.Millisecond},
		{"alone", timing, 1, 600 * time.Millisecond, 0},
		{"slow messages", change(func(t *Timing) { t.Latency = 20 * time.Millisecond }), 5, 6000 * time.Millisecond, 0},
		{"losses", change(func(t *Timing) { t.Lost = 0.2 }), 5, 4800 * time.Millisecond, 0},
		{
			"one entry at a time", change(func(t *Timing) { t.MaxEntries, t.MaxInFlight = 1, 1 }), 5, 3000 * time.Millisecond,
			1833 * time.Millisecond,
		},
		{"no timeouts", change(func(t *Timing) { t.Election, t.Heartbeat = world.Range{}, 0 }), 5, 0, 0},
		{"no spread", change(func(t *Timing) { t.Election.Min = t.Election.Max }), 5, 0, 0},
		{"messages too slow to hear from a leader", change(func(t *Timing) { t.Latency = 50 * time.Millisecond }), 5, 0, 0},
		{"all is lost", change(func(t *Timing) { t.Lost = 1 }), 5, 0, 0},
		{"nothing is known", Timing{}, 5, 0, 0},
	} {
		b := boundsOf(test.timing, test.servers)
		if b.election != test.election {
			t.Errorf("%s: the bound of an election is %s, want %s", test.name, b.election, test.election)
		}
		if test.catchUp == 0 {
			continue
		}
		if got := b.catchUp(100, 2).Round(time.Millisecond); got != test.catchUp {
			t.Errorf("%s: the bound of a follower is %s, want %s", test.name, got, test.catchUp)
		}
	}
}

// TestProgressIsPromisedOnlyAfterAWhile has no leader, soon after a fault, or with too few servers.
func TestProgressIsPromisedOnlyAfterAWhile(t *testing.T) {
	for name, do := range map[string]func(f *fake){
		"soon after a fault": func(f *fake) { f.checker.Disturbed(f.now + 59*time.Second) },
		"no quorum is up": func(f *fake) {
			for id := range kv.NodeID(2) {
				f.good(id+1, nothing, func(v *View) { v.Event = Crashed })
			}
		},
		"never promised": func(f *fake) { f.checker.progress.bounds = boundsOf(Timing{}, servers) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hold([]protocol.LogEntry{first}, 1, 2, 3)
			do(f)
			f.now += time.Minute
			f.checker.End(false)
			if v := f.checker.Violation(); v != nil {
				t.Error(v)
			}
		})
	}
}

// TestProgressNeedsAnEntryOfTheTerm has a new leader that got no request yet: it does not know what of its log is
// committed. With an entry of its own term it must.
func TestProgressNeedsAnEntryOfTheTerm(t *testing.T) {
	for _, own := range []bool{false, true} {
		f := newFake(t)
		f.hold([]protocol.LogEntry{first}, 1, 2, 3)
		f.commit(1, 1)
		f.elect(2, 2)
		if own {
			f.hold([]protocol.LogEntry{first, {Term: 2, Command: kv.Noop{}}}, 2)
		}
		f.good(1, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 2, 2, protocol.RoleFollower })
		f.now += time.Minute
		f.checker.End(false)
		if got := f.checker.Violation() != nil; got != own {
			t.Errorf("with an entry of its own: %t; the violation is %v", own, f.checker.Violation())
		}
	}
}
