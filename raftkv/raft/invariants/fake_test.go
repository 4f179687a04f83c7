package invariants

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

const servers = 3

// timing is the default config's.
var timing = Timing{
	Election: world.Range{
		Min: 150 * time.Millisecond,
		Max: 300 * time.Millisecond,
	}, Heartbeat: 50 * time.Millisecond, RPCTimeout: 100 * time.Millisecond,
	Latency: 5 * time.Millisecond, Step: 150 * time.Microsecond, MaxEntries: 64, MaxInFlight: 2, Clients: 3,
}

// fake is a cluster of three whose every event a test makes up.
type fake struct {
	t        *testing.T
	checker  *Checker
	now      time.Duration
	states   map[kv.NodeID]*protocol.State
	durables map[kv.NodeID]*Durable
	stores   map[kv.NodeID]*Checker // as the state machine of each server
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{
		t: t, states: map[kv.NodeID]*protocol.State{}, durables: map[kv.NodeID]*Durable{},
		stores: map[kv.NodeID]*Checker{},
	}
	f.checker = New(Options{Servers: servers, Now: func() time.Duration { return f.now }, Timing: timing})
	for id := range kv.NodeID(4) {
		f.states[id], f.durables[id], f.stores[id] = &protocol.State{}, &Durable{}, New(Options{})
	}
	return f
}

// step has a server do what change says to its state, as a correct one would: what changed is durable, and what is
// committed is announced and applied. Then tampering is done.
func (f *fake) step(id kv.NodeID, change func(*protocol.State), tamper ...func(*View)) *check.Violation {
	f.t.Helper()
	f.now += time.Millisecond
	s := f.states[id]
	before := s.Clone()
	change(s)
	v := &View{At: f.now, Server: id, State: s}
	if !s.PersistentState.Equal(before.PersistentState) {
		v.Wrote = []protocol.Persist{
			{CurrentTerm: s.CurrentTerm, VotedFor: s.VotedFor, FirstIndex: 1, Entries: s.Log.AppendTo(nil, 0, s.Log.Len())},
		}
	}
	if s.CommitIndex > before.CommitIndex {
		v.Commits = []protocol.Commit{{From: before.CommitIndex, To: s.CommitIndex}}
		for i := before.CommitIndex + 1; i <= s.CommitIndex && int(i) <= s.Log.Len(); i++ {
			entry := v.entryAt(i)
			v.Applied = append(v.Applied, Applied{Index: i, Entry: entry, Result: f.stores[id].expect(&entry)})
		}
		s.LastApplied = s.CommitIndex
	}
	for _, do := range tamper {
		do(v)
	}
	for i := range v.Wrote {
		f.durables[id].Write(&v.Wrote[i])
	}
	d := f.durables[id]
	v.Durable = d
	for i := range v.Sent {
		v.Sent[i].Term, v.Sent[i].VotedFor, v.Sent[i].Last = d.CurrentTerm, d.VotedFor, d.LastIndex()
	}
	f.checker.Check(v)
	return f.checker.Violation()
}

// good is a step that breaks nothing.
func (f *fake) good(id kv.NodeID, change func(*protocol.State), tamper ...func(*View)) {
	f.t.Helper()
	if v := f.step(id, change, tamper...); v != nil {
		f.t.Fatalf("before anything is wrong: %v", v)
	}
}

// elect has a server win a term with node-2's vote.
func (f *fake) elect(id kv.NodeID, term protocol.Term) {
	f.t.Helper()
	voter := kv.NodeID(2)
	if id == voter {
		voter = 3
	}
	f.good(id, func(s *protocol.State) {
		s.CurrentTerm, s.VotedFor, s.Role = term, id, protocol.RoleCandidate
		s.VotesGranted = make([]bool, servers+1)
		s.VotesGranted[id] = true
	}, sends(voter, protocol.RequestVote{Term: term, CandidateID: id}))
	f.good(voter, func(s *protocol.State) {
		s.CurrentTerm, s.VotedFor, s.Role = term, id, protocol.RoleFollower
	}, receives(protocol.RequestVote{Term: term, CandidateID: id}), sends(id, protocol.VoteGranted{Term: term}))
	f.good(id, func(s *protocol.State) {
		s.VotesGranted[voter] = true
		leads(s)
	}, receives(protocol.VoteGranted{Term: term}))
}

// hold has servers hold a log.
func (f *fake) hold(log []protocol.LogEntry, ids ...kv.NodeID) {
	f.t.Helper()
	for _, id := range ids {
		f.good(id, holds(log...))
	}
}

// commit has servers commit and apply up to an index.
func (f *fake) commit(index protocol.LogIndex, ids ...kv.NodeID) {
	f.t.Helper()
	for _, id := range ids {
		f.good(id, commits(index))
	}
}

func (f *fake) ask(client kv.ClientID, sequence kv.Sequence, command kv.Command) *fake {
	f.now += time.Millisecond
	f.checker.Asked(kv.RequestID{Client: client, Sequence: sequence}, command)
	return f
}

func (f *fake) answer(client kv.ClientID, sequence kv.Sequence, result kv.Result) {
	f.now += time.Millisecond
	f.checker.Answered(kv.RequestID{Client: client, Sequence: sequence}, result)
}

func leads(s *protocol.State) {
	s.Role = protocol.RoleLeader
	s.NextIndex, s.MatchIndex = make([]protocol.LogIndex, servers+1), make([]protocol.LogIndex, servers+1)
	s.Round, s.Window, s.InFlight = make([]protocol.Round, servers+1), make([]uint64, servers+1), make(
		[][]protocol.InFlight, servers+1,
	)
	for id := range s.NextIndex {
		s.NextIndex[id], s.Window[id] = protocol.LogIndex(s.Log.Len())+1, 1
	}
}

func nothing(*protocol.State) {}

func holds(log ...protocol.LogEntry) func(*protocol.State) {
	return func(s *protocol.State) {
		s.Log = list.List[protocol.LogEntry]{}
		s.Log.Append(log...)
	}
}

func commits(index protocol.LogIndex) func(*protocol.State) {
	return func(s *protocol.State) { s.CommitIndex = index }
}

func sends(to kv.NodeID, m protocol.Message) func(*View) {
	return func(v *View) { v.Sent = append(v.Sent, Sent{To: to, Message: m}) }
}

func receives(m protocol.Message) func(*View) { return func(v *View) { v.Received = m } }

func receivesFrom(from kv.NodeID, m protocol.Message) func(*View) {
	return func(v *View) { v.From, v.Received = from, m }
}

func writesNothing(v *View) { v.Wrote = nil }

func restarts(v *View) {
	v.Event, v.Wrote = Restarted, nil
}

// put is an entry that stores a value at the key a.
func put(term protocol.Term, sequence kv.Sequence, value string) protocol.LogEntry {
	return protocol.LogEntry{
		Term: term, Request: kv.RequestID{Client: 1, Sequence: sequence}, Command: kv.Put{Key: "a", Value: value},
	}
}
