// Package story is what Raft adds to a story: what the spans of servers tell.
//
// What is one sentence about one span is declared in the spec: here is the rest.
//
//	story.go        which function tells which span
//	replication.go  starts, and entries: appended, sent again, applied
//	log.go          entries that were removed
package story

import (
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol returns what a story is told what Raft's spans say by.
func Protocol() story.Protocol {
	return story.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Told: spans.Story(),
		Tell: func() func(*story.Teller, string) bool { return (&teller{logs: map[string][]uint64{}}).tell },
	}
}

// teller tells the spans of one run, one after the other.
type teller struct {
	*story.Teller // of the span at hand

	logs map[string][]uint64 // of each server, the terms of its entries
}

// tell tells a span of which the spec does not declare all, given its id there; false for any other.
func (t *teller) tell(of *story.Teller, id string) bool {
	t.Teller = of
	switch id {
	case spans.StartID:
		t.start()
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		t.appending()
		t.Request()
	case spans.RoleChangeID:
		t.Declared()
		t.appending() // a new leader's no-op
	case spans.AppendEntriesClientID:
		t.resending()
		t.Declared()
	case spans.AppendEntriesServerID:
		if t.Replied(protocol.AppendEntriesOk{}) {
			t.storing()
		}
		t.refusing()
		t.Declared()
	case spans.ApplyID:
		t.apply()
	default:
		return false
	}
	return true
}
