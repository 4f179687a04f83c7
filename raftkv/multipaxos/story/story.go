// Package story is what MultiPaxos adds to a story: what the spans of its processes tell.
//
// What is one sentence about one span is declared in the spec: here is the rest.
package story

import (
	"slices"
	"strconv"
	"strings"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what a story is told what MultiPaxos's spans say by.
func Protocol() story.Protocol {
	return story.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Told: spans.Story(),
		Tell: func() func(*story.Teller, string) bool {
			return (&teller{chosen: map[string]world.CausalID{}}).tell
		},
	}
}

// teller tells the spans of one run, one after the other.
type teller struct {
	*story.Teller // of the span at hand

	chosen map[string]world.CausalID // by leaders: the span of what each took for chosen last
}

// tell tells a span of which the spec does not declare all, given its id there; false for any other.
func (t *teller) tell(of *story.Teller, id string) bool {
	t.Teller = of
	switch id {
	case spans.StartID:
		t.start()
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		t.proposing()
		t.Request()
	case spans.RoleChangeID:
		t.Declared()
		t.proposing() // what phase 1 demands of a new leader
	case spans.ChosenID:
		t.chosen[t.Span.Service] = t.Span.ID
		t.Declared()
	case spans.CommitConsumerID:
		t.waiting()
	case spans.ApplyID:
		t.apply()
	default:
		return false
	}
	return true
}

// start tells that a process starts, or starts again with what its disk held.
func (t *teller) start() {
	if t.Starts() == 1 {
		t.Line(t.Beginning(), story.Ordinary, "starting")
		return
	}
	var with []string
	add := func(before, text string) {
		if text != "" {
			with = append(with, before+text)
		}
	}
	add("was ", t.Text(spans.PaxosRoleBeforeKey))
	add("promised ballot ", t.Text(spans.PaxosPromisedKey))
	if n := t.Span.Attribute(spans.PaxosAcceptedCountKey); n.AsInt64() > 0 {
		add("accepted ", words.Counted(int(n.AsInt64()), "slot"))
	}
	add("began round ", t.Text(spans.PaxosRoundKey))
	add("knows what is chosen up to slot ", t.Text(spans.PaxosChosenSlotKey))
	t.Line(t.Beginning(), story.Trouble, strings.Join(slices.Insert(with, 0, "starting again"), ", "))
}

// proposing tells which slots a leader gave to values.
func (t *teller) proposing() {
	for i := range t.Span.Events {
		e := &t.Span.Events[i]
		if e.Name != spans.EventPropose {
			continue
		}
		slot := words.Text(e.Attribute(spans.PaxosSlotKey))
		command := words.ParseCommand(e.Attribute(spans.PaxosCommandKey).AsString()).Text
		switch e.Attribute(spans.PaxosSourceKey).AsString() {
		case protocol.SourceAdopted.String():
			t.Line(t.Within(e), story.Trouble, "adopting slot ", slot, ": ", command, ", which a promise told of")
		case protocol.SourceNoop.String():
			t.Line(t.Within(e), story.Trouble, "filling slot ", slot, " with a no-op: no promise told of a value")
		default:
			t.Line(t.Within(e), story.Ordinary, "assigning slot ", slot, ": ", command)
		}
	}
}

// waiting tells that a learner cannot apply yet what it is told: it misses a slot before.
func (t *teller) waiting() {
	slot, applied := t.Integer(spans.PaxosSlotKey), t.Integer(spans.PaxosChosenSlotKey)
	if slot > applied {
		t.Line(t.Ending(), story.Ordinary, "slot ", strconv.FormatInt(slot, 10), " waits for slot ",
			strconv.FormatInt(applied+1, 10))
	}
}

// apply tells what the store answered: of a leader that got the value chosen, that is the result of the request.
func (t *teller) apply() {
	command := words.ParseCommand(t.Span.Attribute(spans.PaxosCommandKey).AsString())
	again := t.Again()
	outcome := command.Text + " -> " + words.ResultText(command, t.Span.Attribute(kvspans.KVResultKey).AsString()) + again
	if t.Span.Parent != 0 && t.chosen[t.Span.Service] == t.Span.Parent {
		t.Line(t.Ending(), story.Ordinary, "applied result ", outcome)
		return
	}
	t.Line(t.Ending(), story.Ordinary, "slot ", t.Text(spans.PaxosSlotKey), ": ", outcome)
	if again == "" { // what a reader would want to know is not folded away
		t.AppliedAt(uint64(t.Integer(spans.PaxosSlotKey)))
	}
}
