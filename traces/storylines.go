package traces

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// teller makes the lines of one span.
type teller struct {
	story *Story
	span  *Span
}

// tell makes the lines of a span, given its id in the spec; one that the spec does not have is told by its name and attributes.
func (t *teller) tell(id string) {
	switch id {
	case spans.RunID:
		t.run()
	case spans.FaultID:
		t.fault()
		t.story.faults = append(t.story.faults, t.span.ID)
	case spans.ViolationID:
		t.violation()
	case spans.StartID:
		t.start()
	case spans.SetPeersID:
		t.line(t.ending(), ordinary, "peers configured: ", Counted(len(t.texts(spans.RaftPeersKey)), "server"), ", a majority is ", t.text(spans.RaftQuorumKey))
	case spans.ClientStartID:
		t.note(t.span.Start, turnClientStarts, nil)
		t.line(t.beginning(), ordinary, "client started")
	case spans.KVPutID, spans.KVGetID, spans.KVDeleteID:
		t.operation(id)
	case spans.TurnProducerID:
		t.fates("the turn of " + t.text(spans.KVClientIDKey))
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
		t.complain(t.ending(), lateReplies, t.text(spans.RaftReplyKey), "late ", t.text(spans.RaftReplyKey), " from ", t.peer(), ": its call was over")
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

func (t *teller) start() {
	t.note(t.span.Start, turnStarts, nil)
	delete(t.story.latest, t.span.Service) // it applies its log anew
	if t.story.starts[t.span.Service]++; t.story.starts[t.span.Service] > 1 {
		before := cmp.Or(t.text(spans.RaftRoleBeforeKey), t.text(spans.RaftRoleKey)) // older traces have the role before as that
		t.line(t.beginning(), trouble, "starting again, was ", before, " in term ", t.text(spans.RaftTermKey))
		return
	}
	t.line(t.beginning(), ordinary, "starting as ", t.text(spans.RaftRoleKey))
}

func (t *teller) operation(id string) {
	command := operationText(id, t.span.Attribute(spans.KVKeyKey).AsString(), t.span.Attribute(spans.KVValueKey).AsString())
	_, number, _ := strings.Cut(t.text(spans.KVRequestIDKey), "/")
	result, how := "", ordinary
	switch {
	case t.text(spans.KVResultKey) == outcomeUnknown:
		result, how = outcomeUnknown, trouble
		t.story.unknown[t.span.ID] = t.ending() // that its last try was given up is not told: so was the whole
	case t.failed():
		result, how = "no answer ("+t.cause()+")", trouble
	case t.unfinished():
		result, how = "no answer when the run ended", trouble
	default:
		result = resultText(command, t.span.Attribute(spans.KVResultKey).AsString())
	}
	t.line(t.ending(), how, "request ", number, ": ", command.text, " -> ", result)
}

func (t *teller) try() {
	n := t.integer(spans.KVTryKey)
	if n > 1 {
		t.line(t.beginning(), ordinary, "asks ", t.peer(), " (try ", strconv.FormatInt(n, 10), ")")
	}
	t.fates(t.method() + " to " + t.peer())
	switch {
	case t.failed():
		t.gaveUp("no answer from " + t.peer())
	case t.replied(protocol.NotLeader{}):
		leader := t.text(spans.KVLeaderIDKey)
		if leader == "" {
			t.line(t.ending(), trouble, t.peer(), " is not the leader, and knows none")
		} else {
			t.line(t.ending(), trouble, t.peer(), " is not the leader: ", leader, " is")
		}
	case t.replied(protocol.OutcomeUnknown{}):
		t.line(t.ending(), trouble, t.peer(), " does not know the outcome")
	}
}

func (t *teller) request() {
	t.appending()
	client, _, _ := strings.Cut(t.text(spans.KVRequestIDKey), "/")
	switch {
	case t.failed(), t.unfinished():
	case t.replied(protocol.NotLeader{}):
		if leader := t.text(spans.KVLeaderIDKey); leader != "" && leader != protocol.NodeID(0).String() {
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
func (t *teller) appending() {
	for i := range t.span.Events {
		e := &t.span.Events[i]
		if e.Name == spans.EventAppend {
			command := parseCommand(e.Attribute(spans.RaftCommandKey).AsString())
			index, term := e.Attribute(spans.RaftIndexKey), e.Attribute(spans.RaftTermKey)
			t.story.keep(t.span.Service, uint64(index.AsInt64()), uint64(term.AsInt64()))
			t.line(t.within(e), ordinary, "appending entry at index ", text(index), " (term ", text(term), "): ", command.text)
		}
	}
}

func (t *teller) election() {
	t.noteElection()
	t.line(t.beginning(), ordinary, "starting election for term ", t.text(spans.RaftTermKey))
	votes := Counted(t.integer(spans.RaftVotesKey), "vote") + " (need " + t.text(spans.RaftQuorumKey) + ")"
	switch {
	case t.failed():
		t.line(t.ending(), trouble, "election for term ", t.text(spans.RaftTermKey), " ends without a result (", t.cause(), ")")
	case t.unfinished():
		t.line(t.ending(), trouble, "election for term ", t.text(spans.RaftTermKey), " is open when the run ends")
	case t.text(spans.RaftOutcomeKey) == spans.OutcomeWon:
		t.line(t.ending(), ordinary, "election result ", votes)
	default:
		t.line(t.ending(), trouble, "election result ", votes, ": ", t.text(spans.RaftOutcomeKey))
	}
}

func (t *teller) heartbeat() {
	t.line(t.ending(), routine, "heartbeat ", t.text(spans.RaftHeartbeatKey), " of term ", t.text(spans.RaftTermKey))
	t.story.rounds[t.span.Root] = t.integer(spans.RaftHeartbeatKey) == 1
}

func (t *teller) roleChange() {
	t.noteRole()
	event, from, to := t.text(spans.RaftRoleEventKey), t.text(spans.RaftRoleFromKey), t.text(spans.RaftRoleKey)
	term := t.text(spans.RaftTermKey)
	switch {
	case event == protocol.RoleEventToldToStart.String(), event == protocol.RoleEventRestart.String():
		// the election's, or the start's, own line says it
	case to == protocol.RoleLeader.String():
		t.line(t.beginning(), ordinary, "became leader for term ", term)
	case event == protocol.RoleEventElectionTimeout.String():
		t.line(t.beginning(), trouble, "election timeout: became candidate for term ", term)
	default:
		t.line(t.beginning(), trouble, "stepping down from ", from, " to ", to, " in term ", term, ": ", spaced(event))
	}
	t.appending() // a new leader's no-op
}

func (t *teller) voteReceived() {
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

func (t *teller) voteGiven() {
	switch {
	case t.replied(protocol.VoteGranted{}):
		t.line(t.ending(), ordinary, "granting vote to ", t.peer(), " for term ", t.text(spans.RaftTermKey))
	case t.replied(protocol.VoteDenied{}):
		t.line(t.ending(), trouble, "denying vote to ", t.peer(), " in term ", t.text(spans.RaftTermKey), ": ", spaced(t.text(spans.RaftReasonKey)))
	}
	t.fatesOn(replies, "vote to "+t.peer())
}

func (t *teller) acknowledged() {
	if n := t.integer(spans.RaftAttemptKey); n > 1 {
		t.complain(t.beginning(), calls, "sending again", "sending ", t.entries(), " to ", t.peer(), " again (attempt ", strconv.FormatInt(n, 10), ")")
	}
	t.fatesOn(calls, "AppendEntries to "+t.peer())
	switch {
	case t.failed():
		t.unanswered("no ack from " + t.peer())
	case t.replied(protocol.AppendEntriesOk{}) && t.integer(spans.RaftEntriesCountKey) > 0:
		t.line(t.ending(), ordinary, "ack from ", t.peer(), ", match_index ", t.text(spans.RaftMatchIndexKey))
	case t.replied(protocol.AppendEntriesRejected{}) && t.integer(spans.RaftConflictIndexKey) == 0:
		t.line(t.ending(), trouble, "rejection from ", t.peer(), ": the term is over")
	case t.replied(protocol.AppendEntriesRejected{}):
		t.line(t.ending(), trouble, "rejection from ", t.peer(), ", conflict_index ", t.text(spans.RaftConflictIndexKey))
	}
}

func (t *teller) appended() {
	switch {
	case t.replied(protocol.AppendEntriesOk{}) && t.integer(spans.RaftEntriesCountKey) > 0:
		t.storing()
		t.line(t.ending(), ordinary, "AppendEntries from ", t.peer(), " ok, match_index ", t.text(spans.RaftMatchIndexKey))
	case t.replied(protocol.AppendEntriesRejected{}):
		t.noteRefusal()
		t.line(t.ending(), trouble, "AppendEntries from ", t.peer(), " rejected: ", spaced(t.text(spans.RaftReasonKey)), " at ", t.text(spans.RaftPrevLogIndexKey))
	}
	t.fatesOn(replies, "ack to "+t.peer())
}

// entries names the entries of an AppendEntries.
func (t *teller) entries() string {
	first, count := t.integer(spans.RaftPrevLogIndexKey)+1, t.integer(spans.RaftEntriesCountKey)
	if count == 1 {
		return "entry " + strconv.FormatInt(first, 10)
	}
	return "entries " + strconv.FormatInt(first, 10) + " to " + strconv.FormatInt(first+count-1, 10)
}

func (t *teller) commit() {
	if t.text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		acks := strconv.Itoa(len(t.texts(spans.RaftCommitAcknowledgedByKey)))
		t.line(t.ending(), ordinary, "replication ", acks, "/", t.text(spans.RaftQuorumKey), " acks: index ", t.text(spans.RaftCommitToKey), " is committed")
		return
	}
	t.line(t.ending(), ordinary, "commit index ", t.text(spans.RaftCommitFromKey), " -> ", t.text(spans.RaftCommitToKey))
}

func (t *teller) apply() {
	command := parseCommand(t.span.Attribute(spans.RaftCommandKey).AsString())
	again := t.again()
	outcome := command.text + " -> " + resultText(command, t.span.Attribute(spans.KVResultKey).AsString()) + again
	if t.text(spans.RaftRoleKey) == protocol.RoleLeader.String() {
		t.line(t.ending(), ordinary, "applied result ", outcome)
		return
	}
	t.line(t.ending(), ordinary, "applied index ", t.text(spans.RaftIndexKey), ": ", outcome)
	if again == "" { // what a reader would want to know is not folded away
		t.story.lines[len(t.story.lines)-1].index = uint64(t.integer(spans.RaftIndexKey))
	}
}

// fates tells what the network did to the message that a span sent.
func (t *teller) fates(message string) { t.fatesOn(noWay, message) }

// fatesOn tells what the network did to what one server sent another, and notes if it was nothing: see fold.
func (t *teller) fatesOn(kind wayKind, message string) {
	twice := eventOf(t.span, spans.EventDuplicate) != nil
	for i := range t.span.Events {
		e := &t.span.Events[i]
		by := " (" + text(e.Attribute(spans.RaftkvCauseKey)) + ")"
		switch e.Name {
		case spans.EventDrop:
			if twice {
				t.complain(t.within(e), kind.doubled(), t.span.Name+" copy", "a copy of ", message, " is lost", by)
			} else {
				t.complain(t.within(e), kind, t.span.Name, message, " is lost", by)
			}
		case spans.EventDelay:
			t.line(t.within(e), trouble, message, " is late by ", time.Duration(e.Attribute(spans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case spans.EventLateCopy:
			t.line(t.within(e), trouble, message, ": the second copy is late by ", time.Duration(e.Attribute(spans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case spans.EventDuplicate:
			t.complain(t.within(e), kind.doubled(), t.span.Name, message, " arrives twice", by)
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
func (t *teller) lost() bool {
	copies, drops := 1, 0
	for i := range t.span.Events {
		switch t.span.Events[i].Name {
		case spans.EventDuplicate:
			copies++
		case spans.EventDrop:
			drops++
		}
	}
	return drops >= copies
}

// gaveUp tells of a call that nobody answered. Where its process crashed it tells nothing: that is one event, and not one for each open call.
func (t *teller) gaveUp(what string) {
	if cause := t.cause(); cause != spans.ErrorTypeCrash {
		t.line(t.ending(), trouble, what, ": ", t.method(), " given up (", cause, ")")
		t.story.lines[len(t.story.lines)-1].gaveUp = true
	}
}

// unanswered is gaveUp for a call of another server. One that was lost on its way is told of already.
func (t *teller) unanswered(what string) {
	if cause := t.cause(); cause != spans.ErrorTypeCrash && !t.lost() {
		t.complain(t.ending(), calls, what, what, ": ", t.method(), " given up (", cause, ")")
	}
}

// anything tells of a span that the spec does not have, such as another protocol's.
func (t *teller) anything() {
	parts := []string{printable(t.span.Name)}
	for _, a := range t.span.Attributes {
		parts = append(parts, " ", printable(string(a.Key)), "=", text(a.Value))
	}
	how := ordinary
	if t.failed() {
		how = trouble
		parts = append(parts, ": ", printable(t.span.Status.Description))
	}
	t.line(t.beginning(), how, parts...)
}

func (t *teller) line(when storyMoment, how mark, parts ...string) {
	t.story.add(storyLine{
		storyMoment: when, process: printable(t.span.Service), text: strings.Join(parts, ""), id: t.span.ID,
		root: t.span.Root, mark: how, open: t.unfinished() && when.at.Equal(t.span.End), ended: t.span.End.UnixNano(),
	})
}

// storyMoment is when something happened, and where in its step.
type storyMoment struct {
	at      time.Time
	step    uint32
	stage   stage
	outside bool // of the steps: it happened to what the process had sent before
}

func (t *teller) beginning() storyMoment { return t.moment(false) }

func (t *teller) ending() storyMoment { return t.moment(true) }

func (t *teller) moment(ends bool) storyMoment {
	s := t.span
	begin, end := stepsOf(s)
	whole := begin == end
	m := storyMoment{at: s.Start, step: begin, stage: stageOf(s.Kind, s.Name, ends, whole, t.text(spans.RaftReplyKey) != "")}
	if ends {
		m.at, m.step = s.End, end
		if isReceiver(s) && whole {
			m.stage = stageHappens // the line tells what came of what arrived, and not only that it is answered
		}
	}
	return m
}

// within is when an event of the span happened. What becomes of an answer becomes of it when it leaves, at the end of
// its span, or later.
func (t *teller) within(e *Event) storyMoment {
	begin, end := stepsOf(t.span)
	m := storyMoment{at: e.At, step: cmp.Or(stepNumber(e.Attribute(spans.RaftkvStepKey)), begin), stage: stageHappens}
	leaves := t.span.Start
	if isReceiver(t.span) && e.Name != spans.EventAppend {
		leaves = t.span.End
		if e.At.Before(leaves) {
			m.at, m.step = leaves, end
		}
	}
	if e.Name == spans.EventDrop && e.At.After(leaves) {
		m.outside = true
	}
	switch {
	case e.Name == spans.EventAppend && isReceiver(t.span):
		m.stage = stageArrives // where one server is a majority, the same step commits it and applies it
	case e.Name == spans.EventAppend:
	case isReceiver(t.span):
		m.stage = stageAnswers
	case isSender(t.span):
		m.stage = stageSends
	}
	return m
}

// text is an attribute as a line shows it.
func (t *teller) text(key attribute.Key) string { return text(t.span.Attribute(key)) }

func (t *teller) integer(key attribute.Key) int64 { return t.span.Attribute(key).AsInt64() }

func (t *teller) texts(key attribute.Key) []string { return t.span.Attribute(key).AsStringSlice() }

func (t *teller) peer() string { return t.text(spans.RaftPeerIDKey) }

func (t *teller) replied(m protocol.Message) bool {
	return t.span.Attribute(spans.RaftReplyKey).AsString() == m.Name()
}

func (t *teller) failed() bool { return t.span.Status.Code == codes.Error }

func (t *teller) unfinished() bool { return t.span.Attribute(spans.RaftUnfinishedKey).AsBool() }

func (t *teller) cause() string { return t.text(spans.ErrorTypeKey) }

// method is the last part of an RPC's name: AppendEntries of raft.Raft/AppendEntries.
func (t *teller) method() string {
	return t.span.Name[strings.LastIndexByte(t.span.Name, '/')+1:]
}

// entriesText names the entries that a message carries.
func (t *teller) entriesText() string {
	if t.integer(spans.RaftEntriesCountKey) <= 0 {
		return ""
	}
	return " with " + t.entries()
}
