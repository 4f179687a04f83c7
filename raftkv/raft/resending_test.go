package raft_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// A link is between a leader, server 1, and one follower, server 2. Of a third only the vote is there. Nothing is lost.
type link struct {
	nodes    [3]*raft.Node // by NodeID
	random   schedule
	jitter   uint64 // microseconds; a message takes 1 to 1 + jitter milliseconds
	now      uint64
	onTheWay []travelling // in the order of their arrival
	sent     int          // AppendEntries that the leader sent
}

type travelling struct {
	at      uint64 // microseconds
	to      kv.NodeID
	message protocol.Message
}

// newLink has server 1 elected.
func newLink(seed, jitter uint64, config raft.Config) *link {
	l := &link{random: schedule{random: seed}, jitter: jitter}
	for id := kv.NodeID(1); id <= 2; id++ {
		config.ID = id
		l.nodes[id] = raft.New(config)
		l.nodes[id].Step(protocol.SetPeers{Peers: []kv.NodeID{1, 2, 3}})
	}
	l.step(1, protocol.StartElection{})
	l.step(1, protocol.Receive{From: 3, Message: protocol.VoteGranted{Term: 1}})
	return l
}

// step has a server meet an input, and what it sends along the link arrive at a drawn time.
func (l *link) step(id kv.NodeID, input protocol.Input) {
	for _, effect := range l.nodes[id].Step(input) {
		if e, is := effect.(protocol.Send); is && e.To == 2 {
			if _, is := e.Message.(protocol.AppendEntries); is {
				l.sent++
				l.carry(2, e.Message)
			}
		}
		if e, is := effect.(protocol.Reply); is && id == 2 {
			l.carry(1, e.Message)
		}
	}
}

func (l *link) carry(to kv.NodeID, m protocol.Message) {
	at := l.now + 1000
	if l.jitter > 0 {
		at += l.random.below(l.jitter)
	}
	i, _ := slices.BinarySearchFunc(l.onTheWay, at+1, func(t travelling, at uint64) int {
		return cmp.Compare(t.at, at)
	})
	l.onTheWay = slices.Insert(l.onTheWay, i, travelling{at: at, to: to, message: m})
}

// put has a client ask the leader for something.
func (l *link) put(sequence int) {
	request := kv.RequestID{Client: 1, Sequence: kv.Sequence(sequence)}
	l.step(1, protocol.Request{Message: kv.ClientPut{Request: request, Key: "a", Value: "b"}})
}

// arrive has a message arrive: the first, or one that overtakes.
func (l *link) arrive(i int) {
	t := l.onTheWay[i]
	l.onTheWay = slices.Delete(l.onTheWay, i, i+1)
	l.now = max(l.now, t.at)
	l.step(t.to, protocol.Receive{From: 3 - t.to, Message: t.message})
}

// putAll has entries put, one each gap microseconds, until the follower holds them all and nothing is on the way.
func (l *link) putAll(t *testing.T, entries, gap int) {
	for put := 0; put < entries || len(l.onTheWay) > 0; {
		if next := uint64(put * gap); put < entries && (len(l.onTheWay) == 0 || next <= l.onTheWay[0].at) {
			l.now = next
			put++
			l.put(put)
			continue
		}
		l.arrive(0)
	}
	if held := l.nodes[2].State().Log.Len(); held != entries {
		t.Fatalf("the follower holds %d of %d entries, and nothing is on the way", held, entries)
	}
}

// TestResending counts what 300 entries cost, one in each AppendEntries and 32 on the way, where messages overtake
// each other. What etcd's raft sends of them (v3.7.0, with MaxSizePerMsg 1 and MaxInflightMsgs 32, the least of three
// seeds) was counted on the same link, with the same puts.
func TestResending(t *testing.T) {
	const entries = 300
	for _, test := range []struct{ gap, etcd int }{{0, 8603}, {1000, 8036}, {5000, 2882}, {10_000, 1698}} {
		for seed := range uint64(3) {
			l := newLink(seed, 26_000, raft.Config{MaxEntries: 1, MaxInFlight: 32})
			l.putAll(t, entries, test.gap)
			if l.sent > test.etcd {
				t.Errorf("a put each %d us, seed %d: %d AppendEntries, etcd's raft %d", test.gap, seed, l.sent, test.etcd)
			}
			if l.sent > 3*entries {
				t.Errorf("a put each %d us, seed %d: %d AppendEntries for %d entries", test.gap, seed, l.sent, entries)
			}
		}
	}
	inOrder := newLink(1, 0, raft.Config{MaxEntries: 1, MaxInFlight: 32})
	if inOrder.putAll(t, entries, 0); inOrder.sent != entries {
		t.Errorf("in order: %d AppendEntries for %d entries", inOrder.sent, entries)
	}
}

// TestLateRefusal has the second AppendEntries overtake the first, where there are two. All else comes in order, and
// so the refusal of the third comes after it was given up.
func TestLateRefusal(t *testing.T) {
	overtaken := func(l *link, entries int) int {
		before := l.sent
		for i := range entries {
			l.put(i + 1)
		}
		if len(l.onTheWay) > 1 {
			l.arrive(1) // the second overtakes the first
			l.arrive(len(l.onTheWay) - 1)
		}
		for len(l.onTheWay) > 0 {
			l.arrive(0)
		}
		return l.sent - before
	}
	config := raft.Config{MaxEntries: 1, MaxInFlight: 3}
	l := newLink(1, 0, config)
	if sent := overtaken(l, 4); sent > 5 {
		t.Errorf("4 entries cost a new leader %d AppendEntries", sent)
	}
	// Now the window is open: three are sent at once. The follower keeps the first alone, and three are left. One
	// more is sent, because the first may be lost, too.
	if sent := overtaken(l, 4); sent > 7 {
		t.Errorf("4 entries cost a leader that is known to match %d AppendEntries", sent)
	}
	if held := l.nodes[2].State().Log.Len(); held != 8 {
		t.Errorf("the follower holds %d entries", held)
	}
}
