package story

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// operation tells of what a client asked for, and was answered.
func (t *Teller) operation(id string) {
	command := words.OperationText(id, t.Span.Attribute(kvspans.KVKeyKey).AsString(),
		t.Span.Attribute(kvspans.KVValueKey).AsString())
	_, number, _ := strings.Cut(t.Text(kvspans.KVRequestIDKey), "/")
	result, how := "", Ordinary
	switch {
	case t.Text(kvspans.KVResultKey) == words.OutcomeUnknown:
		result, how = words.OutcomeUnknown, Trouble
		t.story.unknown[t.Span.ID] = t.Ending() // that its last try was given up is not told: so was the whole
	case t.Failed():
		result, how = "no answer ("+t.Cause()+")", Trouble
	case t.Unfinished():
		result, how = "no answer when the run ended", Trouble
	default:
		result = words.ResultText(command, t.Span.Attribute(kvspans.KVResultKey).AsString())
	}
	t.Line(t.Ending(), how, "request ", number, ": ", command.Text, " -> ", result)
}

// try tells of one try of an operation.
func (t *Teller) try() {
	n := t.Integer(kvspans.KVTryKey)
	if n > 1 {
		t.Line(t.Beginning(), Ordinary, "asks ", t.Peer(), " (try ", strconv.FormatInt(n, 10), ")")
	}
	t.Fates(t.Method() + " to " + t.Peer())
	switch {
	case t.Failed():
		t.GaveUp("no answer from " + t.Peer())
	case t.Replied(kv.NotLeader{}):
		leader := t.Text(kvspans.KVLeaderIDKey)
		if leader == "" {
			t.Line(t.Ending(), Trouble, t.Peer(), " is not the leader, and knows none")
		} else {
			t.Line(t.Ending(), Trouble, t.Peer(), " is not the leader: ", leader, " is")
		}
	case t.Replied(kv.OutcomeUnknown{}):
		t.Line(t.Ending(), Trouble, t.Peer(), " does not know the outcome")
	}
}

// Request tells what a server answered a client.
func (t *Teller) Request() {
	client, _, _ := strings.Cut(t.Text(kvspans.KVRequestIDKey), "/")
	switch {
	case t.Failed(), t.Unfinished():
	case t.Replied(kv.NotLeader{}):
		if leader := t.Text(kvspans.KVLeaderIDKey); leader != "" && leader != kv.NodeID(0).String() {
			t.Line(t.Ending(), Trouble, "not the leader: redirecting ", client, " to ", leader)
		} else {
			t.Line(t.Ending(), Trouble, "not the leader, and knows none: rejecting ", client)
		}
	case t.Replied(kv.OutcomeUnknown{}):
		t.Line(t.Ending(), Trouble, "telling ", client, " that the outcome is unknown")
	}
	t.Fates("answer to " + client)
}

// applied is the latest request of a client that a process applied, and what the store answered.
type applied struct {
	sequence uint64
	result   string
}

// Again says of an entry that the process applies what a reader would want to know if it applied that request of a
// client before, since it started.
func (t *Teller) Again() string {
	client, number, _ := strings.Cut(t.Text(kvspans.KVRequestIDKey), "/")
	sequence, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return "" // nobody asked for it
	}
	latest := t.story.latest[t.Span.Service]
	if latest == nil {
		latest = map[string]applied{}
		t.story.latest[t.Span.Service] = latest
	}
	before, now := latest[client], applied{sequence, t.Text(kvspans.KVResultKey)}
	switch {
	case before.sequence < sequence:
		latest[client] = now
		return ""
	case before.sequence > sequence:
		return " (a late copy of an old request)"
	case before.result == now.result:
		return " (a retry: as at first)"
	}
	return " (a retry, and NOT as at first)"
}

// Starts notes that a server starts, and returns how often it did.
func (t *Teller) Starts() int {
	t.note(t.Span.Start, turnStarts, nil)
	delete(t.story.latest, t.Span.Service) // it applies its log anew
	t.story.starts[t.Span.Service]++
	t.story.width = max(t.story.width, utf8.RuneCountInString(t.Span.Service))
	return t.story.starts[t.Span.Service]
}

// AppliedAt notes of the last line that it tells of an entry that was applied, and at which index: several that are
// applied at once have one line.
func (t *Teller) AppliedAt(index uint64) { t.story.lines[len(t.story.lines)-1].index = index }
