// Package story is what Raft adds to a story: what the spans of servers tell.
//
//	story.go        which function tells which span
//	elections.go    starts, elections, votes, roles, heartbeats
//	replication.go  entries: appended, sent, acknowledged, committed, applied
//	log.go          entries that were removed
package story

import (
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what a story is told what Raft's spans say by.
func Protocol() story.Protocol {
	return story.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(),
		Tell: func() func(*story.Teller, string) bool { return (&teller{logs: map[string][]uint64{}}).tell },
	}
}

// teller tells the spans of one run, one after the other.
type teller struct {
	*story.Teller // of the span at hand

	logs map[string][]uint64 // of each server, the terms of its entries
}

// tell tells a span, given its id in the spec, and returns false for one that is not Raft's.
func (t *teller) tell(of *story.Teller, id string) bool {
	t.Teller = of
	switch id {
	case spans.StartID:
		t.start()
	case spans.SetPeersID:
		t.Line(t.Ending(), story.Ordinary, "peers configured: ", words.Counted(len(t.Texts(spans.RaftPeersKey)), "server"),
			", a majority is ", t.Text(spans.RaftQuorumKey))
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		t.appending()
		t.Request()
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
		t.Complain(t.Ending(), story.LateReplies, t.Text(kvspans.RaftReplyKey),
			"late ", t.Text(kvspans.RaftReplyKey), " from ", t.Peer(), ": its call was over")
	case spans.CommitID:
		t.commit()
	case spans.ApplyID:
		t.apply()
	case spans.CommitNotificationProducerID:
		t.FatesOn(story.Notifications, "CommitNotification to "+t.Peer())
	case spans.CommitNotificationConsumerID: // told by what comes of it
	default:
		return false
	}
	return true
}
