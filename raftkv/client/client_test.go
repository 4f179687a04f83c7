package client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

const ms = time.Millisecond

// stores are what the clients ask: processes of whatever kind.
var stores = world.NewGroup("store")

// server answers as a test has it answer; nil is silence.
type server struct {
	id     kv.NodeID
	world  world.World
	answer func(id kv.NodeID, request kv.RequestID) kv.Message
	heard  *[]string
}

func (s *server) ID() world.ProcessID { return world.NewProcessID(stores, uint32(s.id)) }
func (s *server) Start(w world.World) { s.world = w }
func (*server) Timeout(world.Timer)   {}
func (*server) Crash()                {}
func (*server) Restart()              {}
func (*server) Finish()               {}
func (s *server) Receive(e world.Envelope) {
	request := requestOf(e.Payload)
	*s.heard = append(*s.heard, fmt.Sprintf("%v %v hears %v", s.world.Now().Round(ms), s.id, request))
	if reply := s.answer(s.id, request); reply != nil {
		s.world.Send(world.Envelope{ID: e.ID + 1, Root: e.Root, To: e.From, InReplyTo: e.ID, Payload: reply})
	}
}

func requestOf(payload any) kv.RequestID {
	switch m := payload.(type) {
	case kv.ClientPut:
		return m.Request
	case kv.ClientGet:
		return m.Request
	case kv.ClientDelete:
		return m.Request
	}
	return kv.RequestID{}
}

// kept is the trace of a test.
type kept struct{ tracetest.Memory }

func (k *kept) named(prefix string) []traces.Span {
	var found []traces.Span
	for _, s := range k.Spans {
		if strings.HasPrefix(s.Name, prefix) {
			found = append(found, s)
		}
	}
	return found
}

// try runs clients against three servers that answer like this, and returns what the servers heard.
func try(t *testing.T, c client.Config, clients int, answer func(kv.NodeID, kv.RequestID) kv.Message) ([]string,
	*kept,
) {
	t.Helper()
	return tryDelaying(t, nil, c, clients, answer)
}

// tryDelaying is try in a network that delays these messages.
func tryDelaying(
	t *testing.T, delay map[world.CausalID]time.Duration, c client.Config, clients int, answer func(kv.NodeID,
		kv.RequestID) kv.Message,
) ([]string, *kept) {
	t.Helper()
	var heard []string
	trace := &kept{}
	recorder := record.NewRecorder(record.RecorderOptions{}, trace)
	s := sim.New(sim.Config{Seed: 1, Latency: world.Range{Min: ms, Max: ms}, MaxDuration: time.Second, Delay: delay})
	for id := range kv.NodeID(3) {
		s.Add(&server{id: id + 1, answer: answer, heard: &heard})
	}
	c.Asks = stores
	c.Servers, c.Clients, c.Keys, c.Start, c.Timeout, c.First = 3, clients, []string{"a", "b"}, 10*ms, 100*ms, 1
	for id := range kv.ClientID(clients) {
		c.ID = id + 1
		s.Add(client.New(c, kvspans.NewTracer(recorder, c.ID.String(), 1, time.Unix(0, 0))))
	}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return heard, trace
}

func answered(_ kv.NodeID, r kv.RequestID) kv.Message {
	return kv.Answered{Request: r, Result: kv.Found{Value: "for " + r.String()}}
}

func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the servers heard (-want +got):\n%s", diff)
	}
}

func TestOneAfterTheOther(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 2}, 1, answered)
	check(t, heard, "11ms node-1 hears client-1/1", "13ms node-1 hears client-1/2")
	if operations := trace.named("kv."); len(operations) != 2 ||
		operations[1].Attribute("kv.result").String() != "for client-1/2" {
		t.Errorf("the operations are %v, want two with their results", operations)
	}
}

func TestGoesWhereTheLeaderIs(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 2}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		if id != 3 {
			return kv.NotLeader{Request: r, LeaderID: 3}
		}
		return answered(id, r)
	})
	check(t, heard, "11ms node-1 hears client-1/1", "13ms node-3 hears client-1/1", "15ms node-3 hears client-1/2")
	first := trace.named("raftkv.KV/")[0]
	asked, named := first.Attribute("raft.peer.id"), first.Attribute("kv.leader.id")
	if asked.AsString() != "store-1" || named.AsString() != "store-3" {
		t.Errorf("the trace says that %v is asked, and names %v, want store-1 and store-3", asked, named)
	}
}

func TestWaitsBeforeAskingElsewhereWhenNobodyLeads(t *testing.T) {
	heard, _ := try(t, client.Config{Requests: 1}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		if id == 1 {
			return kv.NotLeader{Request: r}
		}
		return answered(id, r)
	})
	check(t, heard, "11ms node-1 hears client-1/1", "23ms node-2 hears client-1/1")
}

func TestAsksAgainWhenTheOutcomeIsUnknown(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 1}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		if id == 1 {
			return kv.OutcomeUnknown{Request: r}
		}
		return answered(id, r)
	})
	check(t, heard, "11ms node-1 hears client-1/1", "23ms node-2 hears client-1/1")
	if operation := trace.named("kv.")[0]; operation.Attribute("kv.result").String() != "for client-1/1" {
		t.Errorf("the operation ended with %v, want the answer of the second try", operation.Attribute("kv.result"))
	}
}

func TestAsksElsewhereWhenNoAnswerComes(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 1}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		if id == 1 {
			return nil
		}
		return answered(id, r)
	})
	check(t, heard, "11ms node-1 hears client-1/1", "111ms node-2 hears client-1/1")
	tries := trace.named("raftkv.KV/")
	if len(tries) != 2 || tries[0].Attribute("error.type").String() != "timeout" {
		t.Fatalf("the tries are %v, want one that timed out and one more", tries)
	}
	if !slices.ContainsFunc(tries[1].Links, func(l traces.Link) bool { return l.ID == tries[0].ID }) {
		t.Errorf("the second try links to %v, want the first, %s", tries[1].Links, tries[0].ID)
	}
}

// An answer that comes after its try was given up is not listened to, or an operation could end twice.
func TestLateAnswerEndsNothing(t *testing.T) {
	_, inTime := try(t, client.Config{Requests: 2}, 1, answered)
	answer := inTime.named("raftkv.KV/")[0].ID + 1
	heard, trace := tryDelaying(t, map[world.CausalID]time.Duration{answer: 101 * ms}, client.Config{Requests: 2}, 1,
		answered)
	check(t, heard, "11ms node-1 hears client-1/1", "111ms node-2 hears client-1/1", "113ms node-2 hears client-1/2")
	for i, s := range trace.named("kv.") {
		if got, want := s.Attribute("kv.result").String(), fmt.Sprintf("for client-1/%d", i+1); got != want {
			t.Errorf("operation %d ended with the answer %q, want %q", i+1, got, want)
		}
	}
}

func TestTurns(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 2, Turns: true}, 3, answered)
	check(t, heard,
		"11ms node-1 hears client-1/1", "13ms node-1 hears client-1/2",
		"16ms node-1 hears client-2/1", "18ms node-1 hears client-2/2",
		"21ms node-1 hears client-3/1", "23ms node-1 hears client-3/2")
	if turns := trace.named("client.turn"); len(turns) != 4 {
		t.Errorf("there are %d spans of turns, want 4: two are passed on", len(turns))
	}
}

// What a client asks depends on the seed, on which client it is and on the operation's ordinal, and not on who else is
// there.
func TestOneMoreClientChangesNoOther(t *testing.T) {
	_, alone := try(t, client.Config{Requests: 5}, 1, answered)
	_, many := try(t, client.Config{Requests: 5}, 4, answered)
	of := func(k *kept) (asked []string) {
		for _, s := range k.named("kv.") {
			if s.Service == "client-1" {
				asked = append(asked, fmt.Sprint(s.ID, s.Name, s.Attribute("kv.key"), s.Attribute("kv.value")))
			}
		}
		return asked
	}
	if diff := cmp.Diff(of(alone), of(many)); diff != "" {
		t.Errorf("client-1's operations, alone and among four (-alone +among four):\n%s", diff)
	}
}

// Operations that are written take the place of chance's: with their numbers, not before their times, and at the server
// that they name.
func TestDoesWhatIsWritten(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 9, Written: true, Operations: []client.Operation{
		{Number: 2, Kind: client.Put, Key: "k", Value: "v", Server: 3},
		{Number: 5, Kind: client.Get, Key: "k", At: 40 * ms},
		{Number: 6, Kind: client.Delete, Key: "k"},
	}}, 1, answered)
	check(t, heard, "11ms node-3 hears client-1/2", "41ms node-3 hears client-1/5", "43ms node-3 hears client-1/6")
	var names []string
	for _, s := range trace.named("kv.") {
		names = append(names, fmt.Sprint(s.Name, " ", s.Attribute("kv.key"), " ", s.Attribute("kv.request.id")))
	}
	if want := []string{"kv.put k client-1/2", "kv.get k client-1/5", "kv.delete k client-1/6"}; !slices.Equal(names,
		want) {
		t.Errorf("the operations are %q, want %q", names, want)
	}
}

// A client that gives up does not know what came of its operation, and says so; an answer that comes later is not taken
// for the next operation's.
func TestGivesUp(t *testing.T) {
	heard, trace := try(t, client.Config{Requests: 2, GiveUp: 150 * ms}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		if r.Sequence == 1 {
			return nil
		}
		return answered(id, r)
	})
	check(t, heard, "11ms node-1 hears client-1/1", "111ms node-2 hears client-1/1", "161ms node-2 hears client-1/2")
	operations := trace.named("kv.")
	if len(operations) != 2 || operations[0].Attribute("kv.result").String() != client.OutcomeUnknown ||
		operations[1].Attribute("kv.result").String() != "for client-1/2" {
		t.Errorf("the operations are %v, want the first of unknown outcome and the second answered", operations)
	}
	tries := trace.named("raftkv.KV/")
	if len(tries) != 3 || tries[1].Attribute("error.type").String() != worldspans.ErrorTypeTimeout ||
		tries[1].End.Sub(time.Unix(0, 0)) != 160*ms {
		t.Errorf("the tries are %v, want the second to time out when the client gives up", tries)
	}
}

// A client that gives up while it waits to ask again does not wait on behalf of its next operation.
func TestGivesUpWhileItWaits(t *testing.T) {
	heard, _ := try(t, client.Config{Requests: 2, GiveUp: 9 * ms}, 1, func(_ kv.NodeID, r kv.RequestID) kv.Message {
		return kv.NotLeader{Request: r} // so that it pauses for 10ms
	})
	check(t, heard, "11ms node-1 hears client-1/1", "20ms node-2 hears client-1/2")
}

// TestRedirectedInCircles has two servers name each other as the leader for a second. A message takes a millisecond,
// so that without a pause they would be asked 500 times.
func TestRedirectedInCircles(t *testing.T) {
	heard, _ := try(t, client.Config{Requests: 1}, 1, func(id kv.NodeID, r kv.RequestID) kv.Message {
		return kv.NotLeader{Request: r, LeaderID: 3 - min(id, 2)}
	})
	if len(heard) > 250 {
		t.Errorf("a client asked %d times", len(heard))
	}
	want := []string{"11ms node-1", "13ms node-2", "15ms node-1", "17ms node-2", "29ms node-3"}
	if first := heard[:min(5, len(heard))]; !slices.EqualFunc(first, want, strings.HasPrefix) {
		t.Errorf("the first were asked at %q, want %q", first, want)
	}
}
