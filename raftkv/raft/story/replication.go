package story

import (
	"cmp"
	"strconv"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// start tells that a server starts, or starts again.
func (t *teller) start() {
	if t.Starts() > 1 {
		// older traces have the role before as that
		before := cmp.Or(t.Text(spans.RaftRoleBeforeKey), t.Text(spans.RaftRoleKey))
		t.Line(t.Beginning(), story.Trouble, "starting again, was ", before, " in term ", t.Text(spans.RaftTermKey))
		return
	}
	t.Line(t.Beginning(), story.Ordinary, "starting as ", t.Text(spans.RaftRoleKey))
}

// appending tells of the entries that a leader took into its log.
func (t *teller) appending() {
	for i := range t.Span.Events {
		e := &t.Span.Events[i]
		if e.Name == spans.EventAppend {
			command := words.ParseCommand(e.Attribute(spans.RaftCommandKey).AsString())
			index, term := e.Attribute(spans.RaftIndexKey), e.Attribute(spans.RaftTermKey)
			t.keep(t.Span.Service, uint64(index.AsInt64()), uint64(term.AsInt64()))
			t.Line(t.Within(e), story.Ordinary, "appending entry at index ", words.Text(index), " (term ", words.Text(term),
				"): ", command.Text)
		}
	}
}

// resending tells which entries are sent once more.
func (t *teller) resending() {
	if n := t.Integer(spans.RaftAttemptKey); n > 1 {
		t.Complain(t.Beginning(), story.Calls, "sending again", "sending ", phrases.Entries(t.Span), " to ", t.Peer(),
			" again (attempt ", strconv.FormatInt(n, 10), ")")
	}
}

// refusing notes that a follower refuses entries because its log does not match its leader's.
func (t *teller) refusing() {
	switch t.Text(spans.RaftReasonKey) {
	case protocol.ReasonEntryMissing.String(), protocol.ReasonTermConflict.String():
		t.NoteRefuses()
	}
}

func (t *teller) apply() {
	command := words.ParseCommand(t.Span.Attribute(spans.RaftCommandKey).AsString())
	again := t.Again()
	outcome := command.Text + " -> " + words.ResultText(command, t.Span.Attribute(kvspans.KVResultKey).AsString()) + again
	if t.Text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		t.Line(t.Ending(), story.Ordinary, "applied result ", outcome)
		return
	}
	t.Line(t.Ending(), story.Ordinary, "applied index ", t.Text(spans.RaftIndexKey), ": ", outcome)
	if again == "" { // what a reader would want to know is not folded away
		t.AppliedAt(uint64(t.Integer(spans.RaftIndexKey)))
	}
}
