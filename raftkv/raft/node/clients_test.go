package node_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// customer is a client of the store that asks what the test has it ask, and keeps each answer with what it answers. It
// never tries again by itself.
type customer struct {
	asker

	id      world.ProcessID
	replies []reply
}

// reply is one answer that a customer got.
type reply struct {
	at      time.Duration
	from    world.ProcessID
	to      world.CausalID // the try
	message kv.Message
}

func (c *customer) ID() world.ProcessID { return c.id }

func (c *customer) Receive(e world.Envelope) {
	if _, is := e.Payload.(question); is {
		c.asker.Receive(e)
		return
	}
	c.replies = append(c.replies, reply{at: c.world.Now(), from: e.From, to: e.InReplyTo, message: e.Payload.(kv.Message)})
}

// customers adds clients to a testbed, client-2 first: the asker is client-1.
func (b *testbed) customers(n int) []*customer {
	var all []*customer
	for i := range n {
		c := &customer{id: world.NewProcessID(world.ClientGroup, uint32(i+2))}
		all = append(all, c)
		b.sim.Add(c)
	}
	return all
}

// try is one try of a customer: the test names it by a number of its own.
type try struct {
	at       time.Duration
	customer *customer
	server   kv.NodeID
	number   uint64
	message  kv.Message
}

func (t try) id() world.CausalID { return world.RootID(t.customer.id, 1, t.number, 0) }

// tries has customers ask servers.
func (b *testbed) tries(all ...try) {
	for _, t := range all {
		b.sim.Tell(t.at, t.customer.id, t.id(), question{t.server, t.message})
	}
}

// request is a customer's operation by its number.
func (c *customer) request(sequence kv.Sequence) kv.RequestID {
	return kv.RequestID{Client: kv.ClientID(c.id.Number()), Sequence: sequence}
}

func (c *customer) put(sequence kv.Sequence, key, value string) kv.Message {
	return kv.ClientPut{Request: c.request(sequence), Key: key, Value: value}
}

func (c *customer) get(sequence kv.Sequence, key string) kv.Message {
	return kv.ClientGet{Request: c.request(sequence), Key: key}
}

func (c *customer) remove(sequence kv.Sequence, key string) kv.Message {
	return kv.ClientDelete{Request: c.request(sequence), Key: key}
}

func (c *customer) answered(sequence kv.Sequence, result kv.Result) kv.Message {
	return kv.Answered{Request: c.request(sequence), Result: result}
}

// answers says that a try was answered by the server that it was sent to, in these words, and once.
func (b *testbed) answers(t try, want kv.Message) {
	b.t.Helper()
	b.answersAll(t, want)
}

// answersAll says that a try got these answers in any order; with none, that it got none.
func (b *testbed) answersAll(t try, want ...kv.Message) {
	b.t.Helper()
	var got, wanted []string
	for _, r := range t.customer.replies {
		if r.to != t.id() {
			continue
		}
		got = append(got, r.message.String())
		if r.from != nodeID(t.server) {
			b.t.Errorf("%s try %d, sent to %s: %s answers %s", t.customer.id, t.number, t.server, r.from, r.message)
		}
	}
	for _, m := range want {
		wanted = append(wanted, m.String())
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		b.t.Errorf("%s try %d at %s, %v to %s, is answered\n%s\nwant\n%s",
			t.customer.id, t.number, t.at, t.message, t.server, strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

// nothingElse says that customers got so many answers in all.
func (b *testbed) nothingElse(want int, all ...*customer) {
	b.t.Helper()
	got := 0
	for _, c := range all {
		got += len(c.replies)
	}
	if got != want {
		b.t.Errorf("the clients got %d answers, want %d", got, want)
	}
}

// Each kind of result goes to the client that asked, in reply to the try that it asked with; two clients ask at a time,
// so that one commit answers several tries.
func TestEachTryGetsItsOwnAnswer(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	all := b.customers(2)
	one, two := all[0], all[1]
	type asked struct {
		try
		want kv.Message
	}
	var list []asked
	number := uint64(0)
	ask := func(at time.Duration, c *customer, server kv.NodeID, m, want kv.Message) {
		number++
		list = append(list, asked{try{at, c, server, number, m}, want})
	}
	unknown := kv.NotLeader{Request: one.request(1)}
	ask(time.Microsecond, one, 2, one.put(1, "a", "1"), unknown)
	ask(20*ms, one, 1, one.put(1, "a", "1"), one.answered(1, kv.Stored{}))
	ask(20*ms, two, 1, two.put(1, "b", "2"), two.answered(1, kv.Stored{}))
	ask(40*ms, one, 1, one.put(2, "b", "3"), one.answered(2, kv.KeyExists{Key: "b"}))
	ask(40*ms, two, 1, two.get(2, "a"), two.answered(2, kv.Found{Value: "1"}))
	ask(60*ms, one, 1, one.get(3, "c"), one.answered(3, kv.KeyNotFound{Key: "c"}))
	ask(60*ms, two, 1, two.remove(3, "b"), two.answered(3, kv.Deleted{}))
	ask(80*ms, one, 1, one.remove(4, "c"), one.answered(4, kv.KeyNotFound{Key: "c"}))
	ask(80*ms, two, 3, two.get(4, "a"), kv.NotLeader{Request: two.request(4), LeaderID: 1})
	for _, a := range list {
		b.tries(a.try)
	}
	b.run()
	for _, a := range list {
		b.answers(a.try, a.want)
	}
	b.nothingElse(len(list), all...)
}

// A client that was told that the outcome is unknown is told nothing more, though its entry is committed later.
func TestOutcomeUnknownIsTheLastWord(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	all := b.customers(1)
	c := all[0]
	put := try{60 * ms, c, 1, 1, c.put(1, "a", "1")}
	b.tries(put)
	for _, id := range []kv.NodeID{2, 3} {
		b.at(50*ms, b.sim.Crash, id)
		b.at(250*ms, b.sim.Restart, id)
	}
	get := try{700 * ms, c, 1, 2, c.get(2, "a")}
	b.tries(get)
	b.run()
	b.answers(put, kv.OutcomeUnknown{Request: c.request(1)})
	if len(c.replies) > 0 && (c.replies[0].at < 160*ms || c.replies[0].at > 165*ms) {
		t.Errorf("the outcome is unknown at %s, want 100ms after the request came, at about 61ms", c.replies[0].at)
	}
	b.answers(get, c.answered(2, kv.Found{Value: "1"}))
	b.nothingElse(2, c)
}

// A retry is answered as the first try was, whether that still waits, is answered, or was answered by another leader;
// and a late copy of an operation that its client is done with, by nothing.
func TestARetryIsAnsweredAsTheFirst(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	all := b.customers(2)
	one, two := all[0], all[1]
	waits := try{20 * ms, one, 1, 1, one.put(1, "a", "1")}
	again := try{20*ms + 100*time.Microsecond, one, 1, 2, one.put(1, "a", "1")}
	after := try{60 * ms, one, 1, 3, one.put(1, "a", "1")}
	get := try{80 * ms, two, 1, 1, two.get(1, "a")}
	b.tries(waits, again, after, get)

	// Node-2 leads from here on: it knows from its log what was answered.
	b.at(200*ms, b.sim.Crash, 1)
	b.sim.Tell(210*ms, nodeID(2), 3, protocol.StartElection{})
	elsewhere := try{300 * ms, one, 2, 4, one.put(1, "a", "1")}
	removed := try{320 * ms, one, 2, 5, one.remove(2, "a")}
	old := try{340 * ms, two, 2, 2, two.get(1, "a")}
	stale := try{360 * ms, one, 2, 6, one.put(1, "a", "1")}
	b.tries(elsewhere, removed, old, stale)
	b.run()

	for _, same := range []try{waits, again, after, elsewhere} {
		b.answers(same, one.answered(1, kv.Stored{}))
	}
	b.answers(get, two.answered(1, kv.Found{Value: "1"}))
	b.answers(removed, one.answered(2, kv.Deleted{}))
	b.answers(old, two.answered(1, kv.Found{Value: "1"}))
	b.answers(stale, one.answered(1, kv.Nothing{}))
	b.nothingElse(8, all...)
	got := b.nodes[1].Store().Apply(kv.RequestID{}, kv.Get{Key: "a"})
	if want := (kv.KeyNotFound{Key: "a"}); got != want {
		t.Errorf("at the end the key a has %v, want %v: a late copy stored it again", got, want)
	}
}
