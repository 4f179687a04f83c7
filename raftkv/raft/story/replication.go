package story

import (
	"strconv"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

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

func (t *teller) acknowledged() {
	if n := t.Integer(spans.RaftAttemptKey); n > 1 {
		t.Complain(t.Beginning(), story.Calls, "sending again", "sending ", phrases.Entries(t.Span), " to ", t.Peer(),
			" again (attempt ", strconv.FormatInt(n, 10), ")")
	}
	t.FatesOn(story.Calls, "AppendEntries to "+t.Peer())
	switch {
	case t.Failed():
		t.Unanswered("no ack from " + t.Peer())
	case t.Replied(protocol.AppendEntriesOk{}) && t.Integer(spans.RaftEntriesCountKey) > 0:
		t.Line(t.Ending(), story.Ordinary, "ack from ", t.Peer(), ", match_index ", t.Text(spans.RaftMatchIndexKey))
	case t.Replied(protocol.AppendEntriesRejected{}) && t.Integer(spans.RaftConflictIndexKey) == 0:
		t.Line(t.Ending(), story.Trouble, "rejection from ", t.Peer(), ": the term is over")
	case t.Replied(protocol.AppendEntriesRejected{}):
		t.Line(t.Ending(), story.Trouble, "rejection from ", t.Peer(), ", conflict_index ",
			t.Text(spans.RaftConflictIndexKey))
	}
}

func (t *teller) appended() {
	switch {
	case t.Replied(protocol.AppendEntriesOk{}) && t.Integer(spans.RaftEntriesCountKey) > 0:
		t.storing()
		t.Line(t.Ending(), story.Ordinary, "AppendEntries from ", t.Peer(), " ok, match_index ",
			t.Text(spans.RaftMatchIndexKey))
	case t.Replied(protocol.AppendEntriesRejected{}):
		switch t.Text(spans.RaftReasonKey) {
		case protocol.ReasonEntryMissing.String(), protocol.ReasonTermConflict.String():
			t.NoteRefuses()
		}
		t.Line(t.Ending(), story.Trouble, "AppendEntries from ", t.Peer(), " rejected: ",
			words.Spaced(t.Text(spans.RaftReasonKey)), " at ", t.Text(spans.RaftPrevLogIndexKey))
	}
	t.FatesOn(story.Replies, "ack to "+t.Peer())
}

func (t *teller) commit() {
	if t.Text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		acks := strconv.Itoa(len(t.Texts(spans.RaftCommitAcknowledgedByKey)))
		t.Line(t.Ending(), story.Ordinary, "replication ", acks, "/", t.Text(spans.RaftQuorumKey), " acks: index ",
			t.Text(spans.RaftCommitToKey), " is committed")
		return
	}
	t.Line(t.Ending(), story.Ordinary, "commit index ", t.Text(spans.RaftCommitFromKey), " -> ",
		t.Text(spans.RaftCommitToKey))
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
