package protocol_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

func TestString(t *testing.T) {
	put := protocol.LogEntry{
		Term: 2, Request: kv.RequestID{Client: 2, Sequence: 3},
		Command: kv.Put{Key: "a", Value: "val_3"},
	}
	for _, test := range []struct {
		value interface{ String() string }
		want  string
	}{
		{kv.NodeID(3), "node-3"},
		{kv.NodeID(0), "none"},
		{kv.ClientID(2), "client-2"},
		{put.Request, "client-2/3"},
		{put.Command, "put a val_3"},
		{kv.Get{Key: "a"}, "get a"},
		{kv.Delete{Key: "a"}, "delete a"},
		{kv.Noop{}, "noop"},
		{kv.Found{Value: "val_3"}, "val_3"},
		{kv.KeyExists{Key: "a"}, "error: key already exists: a"},
		{protocol.RoleCandidate, "candidate"},
		{protocol.Role(9), "Role(9)"},
		{protocol.ReasonAlreadyVoted, "already_voted"},
		{protocol.RoleEventToldToStart, "told_to_start"},
		{put, "LogEntry{term: 2, request: client-2/3, command: put a val_3}"},
		{protocol.LogEntry{}, "LogEntry{term: 0, request: none/0, command: none}"},
		{protocol.ElectionTimeout{}, "ElectionTimeout"},
		{
			protocol.RequestVote{Term: 1, CandidateID: 1},
			"RequestVote{term: 1, candidate_id: node-1, last_log_index: 0, last_log_term: 0}",
		},
		{kv.ClientGet{Key: `a "b"`}, `ClientGet{request: none/0, key: "a \"b\""}`},
		{protocol.Send{To: 2, Message: protocol.VoteGranted{Term: 1}}, "Send{to: node-2, message: VoteGranted{term: 1}}"},
		{protocol.SetPeers{Peers: []kv.NodeID{1, 2}}, "SetPeers{peers: [node-1, node-2]}"},
		{
			protocol.CandidateState{VotesGranted: []bool{false, true, false}},
			"CandidateState{votes_granted: [node-1: true, node-2: false]}",
		},
		{
			protocol.LeaderState{
				NextIndex: []protocol.LogIndex{0, 4},
				InFlight:  [][]protocol.InFlight{nil, {{PrevLogIndex: 3, LastIndex: 4}}},
			},
			"LeaderState{next_index: [node-1: 4], match_index: [], round: [], window: [], " +
				"in_flight: [node-1: [InFlight{prev_log_index: 3, last_index: 4}]]}",
		},
	} {
		if got := test.value.String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
	if state := (protocol.State{}).String(); strings.Count(state, "State{") != 4 {
		t.Errorf("the state does not have all of its scopes: %s", state)
	}
}

func TestParse(t *testing.T) {
	for _, id := range []kv.NodeID{0, 1, 12, 1<<32 - 1} {
		if got, err := kv.ParseNodeID(id.String()); got != id || err != nil {
			t.Errorf("%v is read as %v, error %v", id, got, err)
		}
	}
	for _, s := range []string{
		"", "node-", "node-0", "node-01", "node-+1", "node--1", "node-4294967296", "1", "client-1",
		"node-1 ", "None",
	} {
		if got, err := kv.ParseNodeID(s); err == nil {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	for _, role := range protocol.RoleValues() {
		if got, err := protocol.ParseRole(role.String()); got != role || err != nil {
			t.Errorf("%v is read as %v, error %v", role, got, err)
		}
	}
	if got, err := protocol.ParseRole("king"); err == nil {
		t.Errorf("king is read as %v", got)
	}
	var initial protocol.Role
	if initial != protocol.RoleFollower || protocol.RoleValues()[0] != initial {
		t.Errorf("the initial role is %v", initial)
	}
}

func TestRoleTransitions(t *testing.T) {
	legal := 0
	for _, from := range protocol.RoleValues() {
		for _, to := range protocol.RoleValues() {
			for _, event := range protocol.RoleEventValues() {
				if protocol.LegalRoleTransition(from, to, event) {
					legal++
				}
			}
		}
	}
	all := protocol.RoleTransitions()
	if legal != len(all) {
		t.Errorf("%d transitions are legal, and %d are listed", legal, len(all))
	}
	if protocol.LegalRoleTransition(protocol.RoleFollower, protocol.RoleLeader, protocol.RoleEventMajorityGranted) {
		t.Error("a follower becomes leader without standing for election")
	}
	all[0].To = protocol.RoleLeader
	if protocol.RoleTransitions()[0].To == protocol.RoleLeader {
		t.Error("the table can be changed from outside")
	}
}

func TestRestart(t *testing.T) {
	var f filler
	before := f.filled(t, protocol.State{}).Interface().(protocol.State)
	after := before.Clone()
	after.Restart()
	if want := (protocol.State{PersistentState: before.PersistentState}); !after.Equal(want) {
		t.Errorf("a restart leaves %v\nwant %v", after, want)
	}
}

// each calls a function with a filled value of every struct of the package that is in a union or is the state.
func each(t *testing.T, f func(t *testing.T, v reflect.Value)) {
	t.Helper()
	empties := []any{protocol.State{}, protocol.LogEntry{}, kv.RequestID{}, protocol.InFlight{}}
	for _, union := range []reflect.Type{
		reflect.TypeFor[kv.Command](), reflect.TypeFor[kv.Result](), reflect.TypeFor[protocol.Message](),
		reflect.TypeFor[kv.Message](),
		reflect.TypeFor[protocol.Input](), reflect.TypeFor[protocol.Effect](),
	} {
		empties = append(empties, variants[union]...)
	}
	var filler filler
	for _, empty := range empties {
		t.Run(reflect.TypeOf(empty).Name(), func(t *testing.T) { f(t, filler.filled(t, empty)) })
	}
}

func clone(v reflect.Value) reflect.Value { return v.MethodByName("Clone").Call(nil)[0] }

func equal(a, b reflect.Value) bool {
	return a.MethodByName("Equal").Call([]reflect.Value{b})[0].Bool()
}

// leaves calls a function for everything in a value that can be changed in place. What is in a long list cannot.
func leaves(v reflect.Value, path string, f func(path string, v reflect.Value)) {
	if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[list.List[protocol.LogEntry]]() {
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
		return
	}
	f(path, v)
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			leaves(v.Index(i), path+"[i]", f)
		}
	}
}

// A change of any field is seen by Equal, and a change in a clone is not seen in what it was cloned from.
func TestCloneAndEqual(t *testing.T) {
	each(t, func(t *testing.T, v reflect.Value) {
		text := v.MethodByName("String").Call(nil)[0].String()
		if !equal(v, clone(v)) {
			t.Fatalf("%v does not equal its clone %v", v, clone(v))
		}
		changed := reflect.New(v.Type()).Elem()
		changed.Set(clone(v))
		leaves(changed, v.Type().Name(), func(path string, leaf reflect.Value) {
			was := reflect.New(leaf.Type()).Elem()
			was.Set(leaf)
			leaf.SetZero()
			if equal(v, changed) || equal(changed, v) {
				t.Errorf("Equal does not see a change of %s: %v and %v", path, v, changed)
			}
			if now := v.MethodByName("String").Call(nil)[0].String(); now != text {
				t.Errorf("a change of %s in a clone changes the original:\n%s\n%s", path, text, now)
			}
			leaf.Set(was)
		})
	})
}

// Interfaces inside a value are cloned too.
func TestCloneInside(t *testing.T) {
	original := protocol.Receive{
		From:    1,
		Message: protocol.AppendEntries{Entries: []protocol.LogEntry{{Term: 1, Command: kv.Noop{}}}},
	}
	copied := original.Clone()
	copied.Message.(protocol.AppendEntries).Entries[0].Term = 7
	if original.Message.(protocol.AppendEntries).Entries[0].Term != 1 {
		t.Error("a clone shares the entries of the message in it")
	}
	if protocol.EqualInput(original, copied) || protocol.EqualInput(original, protocol.StartElection{}) ||
		!protocol.EqualInput(nil, nil) || protocol.EqualInput(original, nil) {
		t.Error("EqualInput sees no difference")
	}
}

type checks struct {
	protocol.Invariants[int]
	called []int
}

func (c *checks) ElectionSafety(v int) error {
	c.called = append(c.called, v)
	return nil
}

func TestInvariants(t *testing.T) {
	methods := reflect.TypeFor[protocol.Invariants[int]]()
	all := protocol.AllInvariants()
	if methods.NumMethod() != len(all) {
		t.Errorf("%d methods for %d invariants", methods.NumMethod(), len(all))
	}
	for _, invariant := range all {
		if _, ok := methods.MethodByName(string(invariant.Name)); !ok || invariant.Doc == "" || invariant.Section == "" ||
			invariant.ID == "" {
			t.Errorf("incomplete: %+v", invariant)
		}
	}
	c := &checks{}
	for name, err := range protocol.CheckInvariants(c, 42) {
		if name != protocol.InvariantElectionSafety || err != nil {
			t.Errorf("the first is %s: %v", name, err)
		}
		break // the others are not there to be called
	}
	if !slices.Equal(c.called, []int{42}) {
		t.Errorf("called with %v", c.called)
	}
}

// Each message is a request or a reply, and each reply is one by its type too.
func TestExchanges(t *testing.T) {
	names := map[string]bool{}
	for _, e := range protocol.AllExchanges() {
		for _, name := range append(e.Replies, e.Request) {
			names[name] = true
		}
	}
	for _, e := range kv.AllExchanges() {
		for _, name := range append(e.Replies, e.Request) {
			names[name] = true
		}
	}
	messages := append(variants[reflect.TypeFor[protocol.Message]()], variants[reflect.TypeFor[kv.Message]()]...)
	for _, empty := range messages {
		name := empty.(interface{ Name() string }).Name()
		if name != reflect.TypeOf(empty).Name() {
			t.Errorf("a %T is called %s", empty, name)
		}
		if !names[name] {
			t.Errorf("%s is in no exchange", name)
		}
	}
	var _ protocol.RequestVoteReply = protocol.VoteDenied{}
	if _, ok := any(kv.NotLeader{}).(protocol.AppendEntriesReply); ok {
		t.Error("NotLeader answers an AppendEntries")
	}
}
