package story

import (
	"cmp"
	"strconv"

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

func (t *teller) election() {
	t.Line(t.Beginning(), story.Ordinary, "starting election for term ", t.Text(spans.RaftTermKey))
	votes := words.Counted(t.Integer(spans.RaftVotesKey), "vote") + " (need " + t.Text(spans.RaftQuorumKey) + ")"
	t.NoteStands(t.Text(spans.RaftOutcomeKey) == spans.OutcomeWon, votes)
	switch {
	case t.Failed():
		t.Line(t.Ending(), story.Trouble, "election for term ", t.Text(spans.RaftTermKey), " ends without a result (",
			t.Cause(), ")")
	case t.Unfinished():
		t.Line(t.Ending(), story.Trouble, "election for term ", t.Text(spans.RaftTermKey), " is open when the run ends")
	case t.Text(spans.RaftOutcomeKey) == spans.OutcomeWon:
		t.Line(t.Ending(), story.Ordinary, "election result ", votes)
	default:
		t.Line(t.Ending(), story.Trouble, "election result ", votes, ": ", t.Text(spans.RaftOutcomeKey))
	}
}

func (t *teller) voteReceived() {
	if n := t.Integer(spans.RaftAttemptKey); n > 1 {
		t.Complain(t.Beginning(), story.Calls, "asking again", "asks ", t.Peer(), " for its vote again (attempt ",
			strconv.FormatInt(n, 10), ")")
	}
	t.FatesOn(story.Calls, "RequestVote to "+t.Peer())
	switch {
	case t.Failed():
		t.Unanswered("no vote from " + t.Peer())
	case t.Replied(protocol.VoteGranted{}):
		t.Line(t.Ending(), story.Ordinary, "vote received from ", t.Peer())
	case t.Replied(protocol.VoteDenied{}):
		t.Line(t.Ending(), story.Trouble, "vote denied by ", t.Peer())
	}
}

func (t *teller) voteGiven() {
	switch {
	case t.Replied(protocol.VoteGranted{}):
		t.Line(t.Ending(), story.Ordinary, "granting vote to ", t.Peer(), " for term ", t.Text(spans.RaftTermKey))
	case t.Replied(protocol.VoteDenied{}):
		t.Line(t.Ending(), story.Trouble, "denying vote to ", t.Peer(), " in term ", t.Text(spans.RaftTermKey), ": ",
			words.Spaced(t.Text(spans.RaftReasonKey)))
	}
	t.FatesOn(story.Replies, "vote to "+t.Peer())
}

func (t *teller) roleChange() {
	event, from, to := t.Text(spans.RaftRoleEventKey), t.Text(spans.RaftRoleFromKey), t.Text(spans.RaftRoleKey)
	term := t.Text(spans.RaftTermKey)
	leader := protocol.RoleLeader.String()
	switch {
	case to == leader:
		t.NoteLeads()
	case from == leader && event != protocol.RoleEventRestart.String(): // it had ceased when it crashed
		t.NoteStepsDown()
	}
	switch {
	case event == protocol.RoleEventToldToStart.String(), event == protocol.RoleEventRestart.String():
		// the election's, or the start's, own line says it
	case to == leader:
		t.Line(t.Beginning(), story.Ordinary, "became leader for term ", term)
	case event == protocol.RoleEventElectionTimeout.String():
		t.Line(t.Beginning(), story.Trouble, "election timeout: became candidate for term ", term)
	default:
		t.Line(t.Beginning(), story.Trouble, "stepping down from ", from, " to ", to, " in term ", term, ": ",
			words.Spaced(event))
	}
	t.appending() // a new leader's no-op
}

func (t *teller) heartbeat() {
	t.Line(t.Ending(), story.Routine, "heartbeat ", t.Text(spans.RaftHeartbeatKey), " of term ", t.Text(spans.RaftTermKey))
	t.Round(t.Integer(spans.RaftHeartbeatKey) == 1)
}
