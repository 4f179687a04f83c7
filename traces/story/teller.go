package story

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Teller makes the lines of one span.
type Teller struct {
	story *Story
	told  *span.Told // what is declared of the span; nil for nothing
	Span  *traces.Span
}

// tell makes the lines of a span, given its id in the spec. One that the spec does not have is told by its name and
// attributes.
func (t *Teller) tell(id string) {
	t.noteLandmarks()
	t.told = t.story.declared[id]
	switch id {
	case worldspans.RunID:
		t.run()
	case worldspans.FaultID:
		t.fault()
	case worldspans.ViolationID:
		t.violation()
	case kvspans.ClientStartID:
		t.note(t.Span.Start, turnClientStarts, nil)
		t.Line(t.Beginning(), Ordinary, "client started")
	case kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID:
		t.operation(id)
	case kvspans.TurnProducerID:
		t.Fates("the turn of " + t.Text(kvspans.KVClientIDKey))
	case kvspans.TurnConsumerID: // told by what comes of it
	case kvspans.PutClientID, kvspans.GetClientID, kvspans.DeleteClientID:
		t.try()
	default:
		switch {
		case t.story.protocol(t, id):
		case t.told != nil:
			t.Declared()
		default:
			t.anything()
		}
	}
}

// Fates tells what the network did to the message that a span sent.
func (t *Teller) Fates(message string) { t.FatesOn(noWay, message) }

// FatesOn tells what the network did to what one server sent another, and notes if it was nothing: see fold.
func (t *Teller) FatesOn(kind Way, message string) {
	twice := traces.EventOf(t.Span, worldspans.EventDuplicate) != nil
	for i := range t.Span.Events {
		e := &t.Span.Events[i]
		by := " (" + words.Text(e.Attribute(worldspans.RaftkvCauseKey)) + ")"
		switch e.Name {
		case worldspans.EventDrop:
			if twice {
				t.Complain(t.Within(e), kind.doubled(), t.Span.Name+" copy", "a copy of ", message, " is lost", by)
			} else {
				t.Complain(t.Within(e), kind, t.Span.Name, message, " is lost", by)
			}
		case worldspans.EventDelay:
			t.Line(t.Within(e), Trouble, message, " is late by ",
				time.Duration(e.Attribute(worldspans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case worldspans.EventLateCopy:
			t.Line(t.Within(e), Trouble, message, ": the second copy is late by ",
				time.Duration(e.Attribute(worldspans.RaftkvDelayNsKey).AsInt64()).String(), by)
		case worldspans.EventDuplicate:
			t.Complain(t.Within(e), kind.doubled(), t.Span.Name, message, " arrives twice", by)
		}
	}
	if kind != noWay && !t.lost() && !t.Failed() && !t.Unfinished() {
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
		case worldspans.EventDuplicate:
			copies++
		case worldspans.EventDrop:
			drops++
		}
	}
	return drops >= copies
}

// GaveUp tells of a call that nobody answered. Where its process crashed it tells nothing: that is one event, and not
// one for each open call.
func (t *Teller) GaveUp(what string) {
	if cause := t.Cause(); cause != worldspans.ErrorTypeCrash {
		t.Line(t.Ending(), Trouble, what, ": ", t.Method(), " given up (", cause, ")")
		t.story.lines[len(t.story.lines)-1].gaveUp = true
	}
}

// Unanswered is gaveUp for a call of another server. One that was lost on its way is told of already.
func (t *Teller) Unanswered(what string) {
	if cause := t.Cause(); cause != worldspans.ErrorTypeCrash && !t.lost() {
		t.Complain(t.Ending(), Calls, what, what, ": ", t.Method(), " given up (", cause, ")")
	}
}

// anything tells of a span that the spec does not have, such as another protocol's.
func (t *Teller) anything() {
	parts := []string{words.Printable(t.Span.Name)}
	for _, a := range t.Span.Attributes {
		parts = append(parts, " ", words.Printable(string(a.Key)), "=", words.Text(a.Value))
	}
	how := Ordinary
	if t.Failed() {
		how = Trouble
		parts = append(parts, ": ", words.Printable(t.Span.Status.Description))
	}
	t.Line(t.Beginning(), how, parts...)
}

// Line adds a line, whose text is the parts put together.
func (t *Teller) Line(when Moment, how Mark, parts ...string) {
	t.story.add(storyLine{
		Moment: when, process: words.Printable(t.Span.Service), text: strings.Join(parts, ""), id: t.Span.ID,
		root: t.Span.Root, mark: how, open: t.Unfinished() && when.at.Equal(t.Span.End), ended: t.Span.End.UnixNano(),
	})
}

// Moment is when something happened, and where in its step.
type Moment struct {
	at      time.Time
	step    uint32
	stage   index.Stage
	outside bool // of the steps: it happened to what the process had sent before
}

// Beginning is when the span began.
func (t *Teller) Beginning() Moment { return t.moment(false) }

// Ending is when the span ended.
func (t *Teller) Ending() Moment { return t.moment(true) }

func (t *Teller) moment(ends bool) Moment {
	s := t.Span
	begin, end := index.StepsOf(s)
	whole := begin == end
	m := Moment{at: s.Start, step: begin, stage: index.StageOf(s.Kind, ends, whole, t.reply() != "")}
	if ends {
		m.at, m.step = s.End, end
		if traces.IsReceiver(s) && whole {
			m.stage = index.StageHappens // the line tells what came of what arrived, and not only that it is answered
		}
	}
	return m
}

// Within is when an event of the span happened. What becomes of an answer becomes of it when it leaves, at the end of
// its span, or later.
func (t *Teller) Within(e *traces.Event) Moment {
	begin, end := index.StepsOf(t.Span)
	m := Moment{
		at: e.At, step: cmp.Or(index.StepNumber(e.Attribute(worldspans.RaftkvStepKey)), begin),
		stage: index.StageHappens,
	}
	leaves := t.Span.Start
	if traces.IsReceiver(t.Span) && isFate(e.Name) {
		leaves = t.Span.End
		if e.At.Before(leaves) {
			m.at, m.step = leaves, end
		}
	}
	if e.Name == worldspans.EventDrop && e.At.After(leaves) {
		m.outside = true
	}
	switch {
	case !isFate(e.Name) && traces.IsReceiver(t.Span):
		m.stage = index.StageArrives // where one server is a majority, the same step commits it and applies it
	case !isFate(e.Name):
	case traces.IsReceiver(t.Span):
		m.stage = index.StageAnswers
	case traces.IsSender(t.Span):
		m.stage = index.StageSends
	}
	return m
}

// isFate says whether an event is what became of a message.
func isFate(name string) bool {
	return slices.Contains([]string{
		worldspans.EventDrop, worldspans.EventDelay, worldspans.EventDuplicate,
		worldspans.EventLateCopy,
	}, name)
}

// Text is an attribute as a line shows it.
func (t *Teller) Text(key attribute.Key) string { return words.Text(t.Span.Attribute(key)) }

// Integer is the value of an attribute; 0 where there is none.
func (t *Teller) Integer(key attribute.Key) int64 { return t.Span.Attribute(key).AsInt64() }

// Texts are those of a list.
func (t *Teller) Texts(key attribute.Key) []string { return t.Span.Attribute(key).AsStringSlice() }

// Peer is the process at the other end.
func (t *Teller) Peer() string { return words.Printable(t.story.landmarks.PeerOf(t.Span)) }

// reply is the message by which what the span tells of was answered.
func (t *Teller) reply() string { return t.story.landmarks.ReplyOf(t.Span) }

// term is the number of who leads, as the span has it.
func (t *Teller) term() string { return t.Text(t.story.landmarks.Term.Key) }

// Replied says whether the span says that it got, or gave, such a reply.
func (t *Teller) Replied(m interface{ Name() string }) bool {
	return t.reply() == m.Name()
}

// Failed says whether the span ended with an error.
func (t *Teller) Failed() bool { return t.Span.Status.Code == codes.Error }

// Unfinished says whether the run ended before the span did.
func (t *Teller) Unfinished() bool { return t.Span.Attribute(worldspans.RaftUnfinishedKey).AsBool() }

// Cause is the type of the error.
func (t *Teller) Cause() string { return t.Text(worldspans.ErrorTypeKey) }

// Method is the last part of an RPC's name: Put of raftkv.KV/Put.
func (t *Teller) Method() string {
	return t.Span.Name[strings.LastIndexByte(t.Span.Name, '/')+1:]
}
