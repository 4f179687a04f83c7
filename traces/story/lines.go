package story

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// Teller makes the lines of one span.
type Teller struct {
	story *Story
	Span  *traces.Span
}

// tell makes the lines of a span, given its id in the spec; one that the spec does not have is told by its name and attributes.
func (t *Teller) tell(id string) {
	switch id {
	case spans.RunID:
		t.run()
	case spans.FaultID:
		t.fault()
		t.story.faults = append(t.story.faults, t.Span.ID)
	case spans.ViolationID:
		t.violation()
	case spans.StartID:
		t.start()
	case spans.SetPeersID:
		t.line(t.ending(), ordinary, "peers configured: ", words.Counted(len(t.texts(spans.RaftPeersKey)), "server"), ", a majority is ", t.Text(spans.RaftQuorumKey))
	case spans.ClientStartID:
		t.note(t.Span.Start, turnClientStarts, nil)
		t.line(t.beginning(), ordinary, "client started")
	case spans.KVPutID, spans.KVGetID, spans.KVDeleteID:
		t.operation(id)
	case spans.TurnProducerID:
		t.fates("the turn of " + t.Text(spans.KVClientIDKey))
	case spans.PutClientID, spans.GetClientID, spans.DeleteClientID:
		t.try()
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		t.request()
	case spans.ElectionID:
		t.election()
	case spans.HeartbeatID:
		t.heartbeat()
	case spans.RoleChangeID:
		t.roleChange()
	case spans.RequestVoteClientID:
		t.voteReceived()
	case spans.RequestVoteServerID:
		t.voteGiven()
	case spans.AppendEntriesClientID:
		t.acknowledged()
	case spans.AppendEntriesServerID:
		t.appended()
	case spans.LateReplyID:
		t.complain(t.ending(), lateReplies, t.Text(spans.RaftReplyKey), "late ", t.Text(spans.RaftReplyKey), " from ", t.peer(), ": its call was over")
	case spans.CommitID:
		t.commit()
	case spans.ApplyID:
		t.apply()
	case spans.CommitNotificationProducerID:
		t.fatesOn(notifications, "CommitNotification to "+t.peer())
	case spans.CommitNotificationConsumerID, spans.TurnConsumerID: // told by what comes of it
	default:
		t.anything()
	}
}

func (t *Teller) start() {
	t.note(t.Span.Start, turnStarts, nil)
	delete(t.story.latest, t.Span.Service) // it applies its log anew
	if t.story.starts[t.Span.Service]++; t.story.starts[t.Span.Service] > 1 {
		before := cmp.Or(t.Text(spans.RaftRoleBeforeKey), t.Text(spans.RaftRoleKey)) // older traces have the role before as that
		t.line(t.beginning(), trouble, "starting again, was ", before, " in term ", t.Text(spans.RaftTermKey))
		return
	}
	t.line(t.beginning(), ordinary, "starting as ", t.Text(spans.RaftRoleKey))
}

func (t *Teller) operation(id string) {
	command := words.OperationText(id, t.Span.Attribute(spans.KVKeyKey).AsString(), t.Span.Attribute(spans.KVValueKey).AsString())
	_, number, _ := strings.Cut(t.Text(spans.KVRequestIDKey), "/")
	result, how := "", ordinary
	switch {
	case t.Text(spans.KVResultKey) == words.OutcomeUnknown:
		result, how = words.OutcomeUnknown, trouble
		t.story.unknown[t.Span.ID] = t.ending() // that its last try was given up is not told: so was the whole
	case t.failed():
		result, how = "no answer ("+t.cause()+")", trouble
	case t.unfinished():
		result, how = "no answer when the run ended", trouble
	default:
		result = words.ResultText(command, t.Span.Attribute(spans.KVResultKey).AsString())
	}
	t.line(t.ending(), how, "request ", number, ": ", command.Text, " -> ", result)
}

func (t *Teller) try() {
	n := t.integer(spans.KVTryKey)
	if n > 1 {
		t.line(t.beginning(), ordinary, "asks ", t.peer(), " (try ", strconv.FormatInt(n, 10), ")")
	}
	t.fates(t.method() + " to " + t.peer())
	switch {
	case t.failed():
		t.gaveUp("no answer from " + t.peer())
	case t.replied(protocol.NotLeader{}):
		leader := t.Text(spans.KVLeaderIDKey)
		if leader == "" {
			t.line(t.ending(), trouble, t.peer(), " is not the leader, and knows none")
		} else {
			t.line(t.ending(), trouble, t.peer(), " is not the leader: ", leader, " is")
		}
	case t.replied(protocol.OutcomeUnknown{}):
		t.line(t.ending(), trouble, t.peer(), " does not know the outcome")
	}
}

func (t *Teller) request() {
	t.appending()
	client, _, _ := strings.Cut(t.Text(spans.KVRequestIDKey), "/")
	switch {
	case t.failed(), t.unfinished():
	case t.replied(protocol.NotLeader{}):
		if leader := t.Text(spans.KVLeaderIDKey); leader != "" && leader != protocol.NodeID(0).String() {
			t.line(t.ending(), trouble, "not the leader: redirecting ", client, " to ", leader)
		} else {
			t.line(t.ending(), trouble, "not the leader, and knows none: rejecting ", client)
		}
	case t.replied(protocol.OutcomeUnknown{}):
		t.line(t.ending(), trouble, "telling ", client, " that the outcome is unknown")
	}
	t.fates("answer to " + client)
}

// appending tells of the entries that a leader took into its log.
func (t *Teller) appending() {
	for i := range t.Span.Events {
		e := &t.Span.Events[i]
		if e.Name == spans.EventAppend {
			command := words.ParseCommand(e.Attribute(spans.RaftCommandKey).AsString())
			index, term := e.Attribute(spans.RaftIndexKey), e.Attribute(spans.RaftTermKey)
			t.story.keep(t.Span.Service, uint64(index.AsInt64()), uint64(term.AsInt64()))
			t.line(t.within(e), ordinary, "appending entry at index ", words.Text(index), " (term ", words.Text(term), "): ", command.Text)
		}
	}
}

func (t *Teller) election() {
	t.noteElection()
	t.line(t.beginning(), ordinary, "starting election for term ", t.Text(spans.RaftTermKey))
	votes := words.Counted(t.integer(spans.RaftVotesKey), "vote") + " (need " + t.Text(spans.RaftQuorumKey) + ")"
	switch {
	case t.failed():
		t.line(t.ending(), trouble, "election for term ", t.Text(spans.RaftTermKey), " ends without a result (", t.cause(), ")")
	case t.unfinished():
		t.line(t.ending(), trouble, "election for term ", t.Text(spans.RaftTermKey), " is open when the run ends")
	case t.Text(spans.RaftOutcomeKey) == spans.OutcomeWon:
		t.line(t.ending(), ordinary, "election result ", votes)
	default:
		t.line(t.ending(), trouble, "election result ", votes, ": ", t.Text(spans.RaftOutcomeKey))
	}
}

func (t *Teller) heartbeat() {
	t.line(t.ending(), routine, "heartbeat ", t.Text(spans.RaftHeartbeatKey), " of term ", t.Text(spans.RaftTermKey))
	t.story.rounds[t.Span.Root] = t.integer(spans.RaftHeartbeatKey) == 1
}

func (t *Teller) roleChange() {
	t.noteRole()
	event, from, to := t.Text(spans.RaftRoleEventKey), t.Text(spans.RaftRoleFromKey), t.Text(spans.RaftRoleKey)
	term := t.Text(spans.RaftTermKey)
	switch {
	case event == protocol.RoleEventToldToStart.String(), event == protocol.RoleEventRestart.String():
		// the election's, or the start's, own line says it
	case to == protocol.RoleLeader.String():
		t.line(t.beginning(), ordinary, "became leader for term ", term)
	case event == protocol.RoleEventElectionTimeout.String():
		t.line(t.beginning(), trouble, "election timeout: became candidate for term ", term)
	default:
		t.line(t.beginning(), trouble, "stepping down from ", from, " to ", to, " in term ", term, ": ", words.Spaced(event))
	}
	t.appending() // a new leader's no-op
}

func (t *Teller) voteReceived() {
	if n := t.integer(spans.RaftAttemptKey); n > 1 {
		t.complain(t.beginning(), calls, "asking again", "asks ", t.peer(), " for its vote again (attempt ", strconv.FormatInt(n, 10), ")")
	}
	t.fatesOn(calls, "RequestVote to "+t.peer())
	switch {
	case t.failed():
		t.unanswered("no vote from " + t.peer())
	case t.replied(protocol.VoteGranted{}):
		t.line(t.ending(), ordinary, "vote received from ", t.peer())
	case t.replied(protocol.VoteDenied{}):
		t.line(t.ending(), trouble, "vote denied by ", t.peer())
	}
}

func (t *Teller) voteGiven() {
	switch {
	case t.replied(protocol.VoteGranted{}):
		t.line(t.ending(), ordinary, "granting vote to ", t.peer(), " for term ", t.Text(spans.RaftTermKey))
	case t.replied(protocol.VoteDenied{}):
		t.line(t.ending(), trouble, "denying vote to ", t.peer(), " in term ", t.Text(spans.RaftTermKey), ": ", words.Spaced(t.Text(spans.RaftReasonKey)))
	}
	t.fatesOn(replies, "vote to "+t.peer())
}

func (t *Teller) acknowledged() {
	if n := t.integer(spans.RaftAttemptKey); n > 1 {
		t.complain(t.beginning(), calls, "sending again", "sending ", Entries(t.Span), " to ", t.peer(), " again (attempt ", strconv.FormatInt(n, 10), ")")
	}
	t.fatesOn(calls, "AppendEntries to "+t.peer())
	switch {
	case t.failed():
		t.unanswered("no ack from " + t.peer())
	case t.replied(protocol.AppendEntriesOk{}) && t.integer(spans.RaftEntriesCountKey) > 0:
		t.line(t.ending(), ordinary, "ack from ", t.peer(), ", match_index ", t.Text(spans.RaftMatchIndexKey))
	case t.replied(protocol.AppendEntriesRejected{}) && t.integer(spans.RaftConflictIndexKey) == 0:
		t.line(t.ending(), trouble, "rejection from ", t.peer(), ": the term is over")
	case t.replied(protocol.AppendEntriesRejected{}):
		t.line(t.ending(), trouble, "rejection from ", t.peer(), ", conflict_index ", t.Text(spans.RaftConflictIndexKey))
	}
}

func (t *Teller) appended() {
	switch {
	case t.replied(protocol.AppendEntriesOk{}) && t.integer(spans.RaftEntriesCountKey) > 0:
		t.storing()
		t.line(t.ending(), ordinary, "AppendEntries from ", t.peer(), " ok, match_index ", t.Text(spans.RaftMatchIndexKey))
	case t.replied(protocol.AppendEntriesRejected{}):
		t.noteRefusal()
		t.line(t.ending(), trouble, "AppendEntries from ", t.peer(), " rejected: ", words.Spaced(t.Text(spans.RaftReasonKey)), " at ", t.Text(spans.RaftPrevLogIndexKey))
	}
	t.fatesOn(replies, "ack to "+t.peer())
}

// Entries names the entries of an AppendEntries.
func Entries(s *traces.Span) string {
	first, count := s.Attribute(spans.RaftPrevLogIndexKey).AsInt64()+1, s.Attribute(spans.RaftEntriesCountKey).AsInt64()
	if count == 1 {
		return "entry " + strconv.FormatInt(first, 10)
	}
	return "entries " + strconv.FormatInt(first, 10) + " to " + strconv.FormatInt(first+count-1, 10)
}

func (t *Teller) commit() {
	if t.Text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		acks := strconv.Itoa(len(t.texts(spans.RaftCommitAcknowledgedByKey)))
		t.line(t.ending(), ordinary, "replication ", acks, "/", t.Text(spans.RaftQuorumKey), " acks: index ", t.Text(spans.RaftCommitToKey), " is committed")
		return
	}
	t.line(t.ending(), ordinary, "commit index ", t.Text(spans.RaftCommitFromKey), " -> ", t.Text(spans.RaftCommitToKey))
}

func (t *Teller) apply() {
	command := words.ParseCommand(t.Span.Attribute(spans.RaftCommandKey).AsString())
	again := t.again()
	outcome := command.Text + " -> " + words.ResultText(command, t.Span.Attribute(spans.KVResultKey).AsString()) + again
	if t.Text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		t.line(t.ending(), ordinary, "applied result ", outcome)
		return
	}
	t.line(t.ending(), ordinary, "applied index ", t.Text(spans.RaftIndexKey), ": ", outcome)
	if again == "" { // what a reader would want to know is not folded away
		t.story.lines[len(t.story.lines)-1].index = uint64(t.integer(spans.RaftIndexKey))
	}
}

// fates tells what the network did to the message that a span sent.
func (t *Teller) fates(message string) { t.fatesOn(noWay, message) }

// fatesOn tells what the network did to what one server sent another, and notes if it was nothing: see fold.
func (t *Teller) fatesOn(kind wayKind, message string) {
	twice := traces.EventOf(t.Span, spans.EventDuplicate) != nil
	for i := range t.Span.Events {
		e := &t.Span.Events[i]
		by := " (" + words.Text(e.Attribute(spans.RaftkvCauseKey)) + ")"
		switch e.Name {
		case spans.EventDrop:
			if twice {
				t.complain(t.within(e), kind.doubled(), t.Span.Name+" copy", "a copy of ", message, " is lost", by)
			} else {
				t.complain(t.within(e), kind, t.Span.Name, message, " is lost", by)
			}
		case spans.EventDelay:
			t.line(t.within(e), trouble, message, " is late by ", time.Duration(e.Attribute(spans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case spans.EventLateCopy:
			t.line(t.within(e), trouble, message, ": the second copy is late by ", time.Duration(e.Attribute(spans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case spans.EventDuplicate:
			t.complain(t.within(e), kind.doubled(), t.Span.Name, message, " arrives twice", by)
		}
	}
	if kind != noWay && !t.lost() && !t.failed() && !t.unfinished() {
		t.passed(kind)
	}
	if kind != noWay && !twice {
		t.passed(kind.doubled())
	}
}

// lost says whether no copy of what the span sent arrived.
func (t *Teller) lost() bool {
	copies, drops := 1, 0
	for i := range t.Span.Events {
		switch t.Span.Events[i].Name {
		case spans.EventDuplicate:
			copies++
		case spans.EventDrop:
			drops++
		}
	}
	return drops >= copies
}

// gaveUp tells of a call that nobody answered. Where its process crashed it tells nothing: that is one event, and not one for each open call.
func (t *Teller) gaveUp(what string) {
	if cause := t.cause(); cause != spans.ErrorTypeCrash {
		t.line(t.ending(), trouble, what, ": ", t.method(), " given up (", cause, ")")
		t.story.lines[len(t.story.lines)-1].gaveUp = true
	}
}

// unanswered is gaveUp for a call of another server. One that was lost on its way is told of already.
func (t *Teller) unanswered(what string) {
	if cause := t.cause(); cause != spans.ErrorTypeCrash && !t.lost() {
		t.complain(t.ending(), calls, what, what, ": ", t.method(), " given up (", cause, ")")
	}
}

// anything tells of a span that the spec does not have, such as another protocol's.
func (t *Teller) anything() {
	parts := []string{words.Printable(t.Span.Name)}
	for _, a := range t.Span.Attributes {
		parts = append(parts, " ", words.Printable(string(a.Key)), "=", words.Text(a.Value))
	}
	how := ordinary
	if t.failed() {
		how = trouble
		parts = append(parts, ": ", words.Printable(t.Span.Status.Description))
	}
	t.line(t.beginning(), how, parts...)
}

func (t *Teller) line(when storyMoment, how mark, parts ...string) {
	t.story.add(storyLine{
		storyMoment: when, process: words.Printable(t.Span.Service), text: strings.Join(parts, ""), id: t.Span.ID,
		root: t.Span.Root, mark: how, open: t.unfinished() && when.at.Equal(t.Span.End), ended: t.Span.End.UnixNano(),
	})
}

// storyMoment is when something happened, and where in its step.
type storyMoment struct {
	at      time.Time
	step    uint32
	stage   traces.Stage
	outside bool // of the steps: it happened to what the process had sent before
}

func (t *Teller) beginning() storyMoment { return t.moment(false) }

func (t *Teller) ending() storyMoment { return t.moment(true) }

func (t *Teller) moment(ends bool) storyMoment {
	s := t.Span
	begin, end := traces.StepsOf(s)
	whole := begin == end
	m := storyMoment{at: s.Start, step: begin, stage: traces.StageOf(s.Kind, s.Name, ends, whole, t.Text(spans.RaftReplyKey) != "")}
	if ends {
		m.at, m.step = s.End, end
		if traces.IsReceiver(s) && whole {
			m.stage = traces.StageHappens // the line tells what came of what arrived, and not only that it is answered
		}
	}
	return m
}

// within is when an event of the span happened. What becomes of an answer becomes of it when it leaves, at the end of
// its span, or later.
func (t *Teller) within(e *traces.Event) storyMoment {
	begin, end := traces.StepsOf(t.Span)
	m := storyMoment{at: e.At, step: cmp.Or(traces.StepNumber(e.Attribute(spans.RaftkvStepKey)), begin), stage: traces.StageHappens}
	leaves := t.Span.Start
	if traces.IsReceiver(t.Span) && e.Name != spans.EventAppend {
		leaves = t.Span.End
		if e.At.Before(leaves) {
			m.at, m.step = leaves, end
		}
	}
	if e.Name == spans.EventDrop && e.At.After(leaves) {
		m.outside = true
	}
	switch {
	case e.Name == spans.EventAppend && traces.IsReceiver(t.Span):
		m.stage = traces.StageArrives // where one server is a majority, the same step commits it and applies it
	case e.Name == spans.EventAppend:
	case traces.IsReceiver(t.Span):
		m.stage = traces.StageAnswers
	case traces.IsSender(t.Span):
		m.stage = traces.StageSends
	}
	return m
}

// Text is an attribute as a line shows it.
func (t *Teller) Text(key attribute.Key) string { return words.Text(t.Span.Attribute(key)) }

func (t *Teller) integer(key attribute.Key) int64 { return t.Span.Attribute(key).AsInt64() }

func (t *Teller) texts(key attribute.Key) []string { return t.Span.Attribute(key).AsStringSlice() }

func (t *Teller) peer() string { return t.Text(spans.RaftPeerIDKey) }

func (t *Teller) replied(m protocol.Message) bool {
	return t.Span.Attribute(spans.RaftReplyKey).AsString() == m.Name()
}

func (t *Teller) failed() bool { return t.Span.Status.Code == codes.Error }

func (t *Teller) unfinished() bool { return t.Span.Attribute(spans.RaftUnfinishedKey).AsBool() }

func (t *Teller) cause() string { return t.Text(spans.ErrorTypeKey) }

// method is the last part of an RPC's name: AppendEntries of raft.Raft/AppendEntries.
func (t *Teller) method() string {
	return t.Span.Name[strings.LastIndexByte(t.Span.Name, '/')+1:]
}

// EntriesText names the entries that a message carries.
func EntriesText(s *traces.Span) string {
	if s.Attribute(spans.RaftEntriesCountKey).AsInt64() <= 0 {
		return ""
	}
	return " with " + Entries(s)
}
