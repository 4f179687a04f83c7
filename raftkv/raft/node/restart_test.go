package node_test

import (
	"bytes"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// ledger is what a server applied, in order: in each of its lives.
type ledger struct{ lives [][]string }

func (l *ledger) Committed(protocol.Commit) {}

func (l *ledger) Applied(e protocol.Apply, result kv.Result) {
	last := len(l.lives) - 1
	l.lives[last] = append(l.lives[last], fmt.Sprintf("%d %v -> %v", e.Index, e.Entry, result))
}

// A server that restarts has lost its store, and builds it from the log as it learns what is committed: each entry
// once, in order, with the result that it had at first. A client may be late, twice, with an operation that is done.
func TestStoreIsRebuiltFromTheLog(t *testing.T) {
	ledgers := map[kv.NodeID]*ledger{}
	b := newTestbedAround(t, sim.Config{}, func(id kv.NodeID) node.Observer {
		ledgers[id] = &ledger{lives: [][]string{nil}}
		return ledgers[id]
	}, func(n *node.Node) world.Process { return n })
	c := b.customers(1)[0]
	for i, m := range []kv.Message{
		c.put(1, "a", "1"), c.remove(2, "a"), c.put(1, "a", "1"), c.put(3, "a", "2"), c.get(4, "a"), c.put(3, "a",
			"2"), c.get(4, "a"), c.put(5, "b", "1"),
	} {
		b.tries(try{time.Duration(20+10*i) * ms, c, 1, uint64(i), m})
	}
	for _, at := range []int{200, 300} {
		b.at(time.Duration(at)*ms, b.sim.Crash, 3)
		b.at(time.Duration(at+5)*ms, func(p world.ProcessID) {
			ledgers[3].lives = append(ledgers[3].lives, nil)
			b.sim.Restart(p)
			if got := b.nodes[2].Store().Apply(kv.RequestID{}, kv.Get{Key: "b"}); got != (kv.KeyNotFound{Key: "b"}) {
				t.Errorf("before node-3 knows what is committed, its store answers %v", got)
			}
		}, 3)
	}
	last := try{400 * ms, c, 1, 99, c.put(6, "c", "1")}
	b.tries(last)
	b.run()
	b.answers(last, c.answered(6, kv.Stored{}))
	want := ledgers[1].lives[0]
	if len(want) != 10 {
		t.Fatalf("node-1 applied %d entries, want 10: a no-op and nine tries\n%v", len(want), want)
	}
	if got := ledgers[3].lives; len(got) != 3 || !reflect.DeepEqual(got[2], want) ||
		!reflect.DeepEqual(got[1], want[:9]) || !reflect.DeepEqual(got[0], want[:9]) {
		t.Errorf("node-3 applied in its lives\n%v\nand node-1 in its only one\n%v", got, want)
	}
	if !reflect.DeepEqual(b.nodes[2].Store(), b.nodes[0].Store()) {
		t.Errorf("node-3 has the store %+v, want that of node-1: %+v", b.nodes[2].Store(), b.nodes[0].Store())
	}
}

// recordRun is one of a journal, with its log from first on.
func recordRun(term protocol.Term, vote kv.NodeID, first protocol.LogIndex, terms ...protocol.Term) []byte {
	p := protocol.Persist{CurrentTerm: term, VotedFor: vote, FirstIndex: first}
	for i, of := range terms {
		p.Entries = append(p.Entries, entry(first+protocol.LogIndex(i), of))
	}
	return protocol.AppendEffect(nil, p)
}

// entry is one whose command tells its place and term.
func entry(index protocol.LogIndex, term protocol.Term) protocol.LogEntry {
	command := kv.Put{Key: fmt.Sprintf("k%d", index), Value: fmt.Sprintf("term %d", term)}
	return protocol.LogEntry{Term: term, Request: kv.RequestID{Client: 1, Sequence: kv.Sequence(index)}, Command: command}
}

// restarted is what node-3 knows when it has started again with a journal.
func restarted(t *testing.T, journal ...[]byte) (state protocol.State) {
	t.Helper()
	b := newTestbed(t, sim.Config{})
	for _, r := range journal {
		b.sim.Preload(nodeID(3), r)
	}
	b.at(ms/100, func(p world.ProcessID) {
		b.sim.Crash(p)
		b.sim.Restart(p)
		state = b.nodes[2].State().Clone()
		b.sim.Stop()
	}, 3)
	b.run()
	return state
}

// knows says that a state is that of a term, a vote and a log of entries of these terms.
func knows(t *testing.T, what string, state *protocol.State, term protocol.Term, vote kv.NodeID,
	terms ...protocol.Term,
) {
	t.Helper()
	log := []protocol.LogEntry{}
	for i, of := range terms {
		log = append(log, entry(protocol.LogIndex(i+1), of))
	}
	got := append([]protocol.LogEntry{}, state.Log.AppendTo(nil, 0, state.Log.Len())...)
	if state.CurrentTerm != term || state.VotedFor != vote || !reflect.DeepEqual(got, log) {
		t.Errorf("%s: it knows term %d, a vote for %v and %v; want term %d, %v and %v", what, state.CurrentTerm,
			state.VotedFor, got, term, vote, log)
	}
	if state.Role != protocol.RoleFollower || state.CommitIndex != 0 || state.LastApplied != 0 {
		t.Errorf("%s: it starts as %v, with %d committed and %d applied, want a follower that knows of none", what,
			state.Role, state.CommitIndex, state.LastApplied)
	}
}

// The journal is read from the beginning: the term and the vote are those of the last record, and the log is cut off
// where a record's entries begin.
func TestReplay(t *testing.T) {
	for _, test := range []struct {
		name    string
		journal [][]byte
		term    protocol.Term
		vote    kv.NodeID
		log     []protocol.Term
	}{
		{name: "an empty journal"},
		{name: "a vote alone", journal: [][]byte{recordRun(4, 2, 0)}, term: 4, vote: 2},
		{name: "a term without a vote after one with", journal: [][]byte{recordRun(4, 2, 0), recordRun(5, 0, 0)}, term: 5},
		{
			name: "entries", journal: [][]byte{recordRun(1, 1, 1, 1, 1), recordRun(1, 1, 3, 1)}, term: 1, vote: 1,
			log: []protocol.Term{1, 1, 1},
		},
		{
			name: "entries that are replaced", journal: [][]byte{recordRun(1, 1, 1, 1, 1, 1), recordRun(2, 0, 2, 2)}, term: 2,
			log: []protocol.Term{1, 2},
		},
		{
			name: "all entries are replaced", journal: [][]byte{recordRun(1, 1, 1, 1, 1, 1), recordRun(3, 3, 1, 2, 3)}, term: 3,
			vote: 3, log: []protocol.Term{2, 3},
		},
		{
			name: "entries, then a vote", journal: [][]byte{recordRun(1, 1, 1, 1, 1), recordRun(2, 0, 2, 2), recordRun(7, 1, 0)},
			term: 7, vote: 1, log: []protocol.Term{1, 2},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			state := restarted(t, test.journal...)
			knows(t, "after a restart", &state, test.term, test.vote, test.log...)
		})
	}
}

// A record that a crash cut short is passed over, wherever it was cut: at the end, in the midst, or several of them.
func TestReplayPassesOverCutRecords(t *testing.T) {
	one, two, three := recordRun(1, 1, 1, 1, 1), recordRun(2, 0, 2, 2, 2), recordRun(3, 3, 4, 3)
	for length := range len(two) {
		cut := bytes.Clone(two[:length])
		end := restarted(t, one, cut)
		knows(t, fmt.Sprintf("the last record is cut to %d of %d bytes", length, len(two)), &end, 1, 1, 1, 1)
		// What is written after the restart does not build on what was cut off.
		midst := restarted(t, one, cut, recordRun(3, 3, 3, 3))
		knows(t, fmt.Sprintf("a record in the midst is cut to %d of %d bytes", length, len(two)), &midst, 3, 3, 1, 1, 3)
	}
	for length := range len(three) {
		cut := bytes.Clone(three[:length])
		several := restarted(t, cut, one, cut, cut, two, cut)
		knows(t, fmt.Sprintf("four records are cut to %d of %d bytes", length, len(three)), &several, 2, 0, 1, 2, 2)
	}
	all := restarted(t, one[:1], two[:2], three[:3])
	knows(t, "all records are cut", &all, 0, 0)
	whole := restarted(t, one, two, three)
	knows(t, "no record is cut", &whole, 3, 3, 1, 2, 2, 3)
}
