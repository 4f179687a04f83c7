package spans_test

import (
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

const run = 0x1234567890abcdef

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// kept are the spans that ended.
type kept struct{ spans []*span.Span }

func (*kept) Begun(*span.Span)     {}
func (k *kept) Ended(s *span.Span) { k.spans = append(k.spans, s) }

// record is a tracer, and what it records.
func record() (spans.Tracer, *kept) {
	ended := &kept{}
	tracer := spans.NewTracer(ended, "node-1", run, epoch)
	tracer.Follow(&clock{})
	return tracer, ended
}

func only(t *testing.T, ended *kept) *span.Span {
	t.Helper()
	if len(ended.spans) != 1 {
		t.Fatalf("%d spans, want 1", len(ended.spans))
	}
	return ended.spans[0]
}

// clock is a millisecond later each time that it is asked, in a step that the test sets.
type clock struct {
	now  time.Duration
	step func() uint64
}

func (c *clock) BeginsAt() time.Duration  { c.now += time.Millisecond; return c.now }
func (c *clock) HappensAt() time.Duration { return c.BeginsAt() }
func (c *clock) EndsAt() time.Duration    { return c.BeginsAt() }

func (c *clock) Step() uint64 {
	if c.step == nil {
		return 0
	}
	return c.step()
}

func TestSpan(t *testing.T) {
	tracer, ended := record()
	link := worldspans.LinkTo(span.Ref{Root: 5, ID: 6}, worldspans.LinkPrevious, spans.RaftIndexKey.Int64(3))
	begin := span.Begin{Self: span.Ref{Root: 7, ID: 9}, Parent: 8, Links: []span.Link{link}}
	who := spans.Who{Node: 1, Term: 2, Role: protocol.RoleLeader}
	started := tracer.StartAppendEntriesClient(begin, who, "node-3", 1, 4, 1, 0, 4)
	started.Delay(worldspans.CauseNetwork, 40*time.Millisecond)
	started.SetMatchIndex(4)
	started.SetWho(spans.Who{Node: 1, Term: 3, Role: protocol.RoleFollower})
	if !tracer.On() || !started.On() {
		t.Error("they should be on")
	}
	started.Link(worldspans.LinkTo(span.Ref{Root: 3, ID: 4}, worldspans.LinkFault))
	started.End("AppendEntriesOk", 3)

	got := only(t, ended)
	if got.Name != "raft.Raft/AppendEntries" || got.Kind != oteltrace.SpanKindClient || got.Service != "node-1" {
		t.Errorf("%s, %v, of %s", got.Name, got.Kind, got.Service)
	}
	if got.TraceID().String() != "1234567890abcdef0000000000000007" || got.ID != 9 {
		t.Errorf("trace %v, span %v", got.TraceID(), got.ID)
	}
	if got.Parent != 8 {
		t.Errorf("parent %v", got.Parent)
	}
	if !got.Start.Equal(epoch.Add(time.Millisecond)) || !got.End.Equal(epoch.Add(3*time.Millisecond)) {
		t.Errorf("from %v to %v", got.Start, got.End)
	}
	if why := got.Links[0].Attributes; !slices.Equal(why,
		[]attribute.KeyValue{worldspans.RaftkvLinkKey.String("previous"), spans.RaftIndexKey.Int64(3)}) {
		t.Errorf("the first link says %v", why)
	}
	if why := got.Links[1].Attributes; !slices.Equal(why, []attribute.KeyValue{worldspans.RaftkvLinkKey.String("fault")}) {
		t.Errorf("the link that was added says %v", why)
	}
	if len(got.Links) != 2 || got.Links[0].Run != run || got.Links[0].Root != 5 || got.Links[0].ID != 6 {
		t.Errorf("links %+v", got.Links)
	}
	if len(got.Events) != 1 || got.Events[0].Name != "delay" || !got.Events[0].At.Equal(epoch.Add(2*time.Millisecond)) ||
		!slices.Equal(got.Events[0].Attributes,
			[]attribute.KeyValue{worldspans.RaftkvCauseKey.String("network"), worldspans.RaftkvDelayNsKey.Int(40_000_000)}) {
		t.Errorf("events %+v", got.Events)
	}
	if got.Status.Code != codes.Unset {
		t.Errorf("status %v", got.Status)
	}
	want := []attribute.KeyValue{
		spans.RaftNodeIDKey.String("node-1"), spans.RaftTermKey.Int(3), spans.RaftRoleKey.String("follower"),
		worldspans.RPCSystemNameKey.String("raftkv"), worldspans.RPCMethodKey.String("raft.Raft/AppendEntries"),
		worldspans.ServerAddressKey.String("node-3"),
		kvspans.RaftPeerIDKey.String("node-3"), spans.RaftAttemptKey.Int(1), spans.RaftPrevLogIndexKey.Int(4),
		spans.RaftPrevLogTermKey.Int(1),
		spans.RaftEntriesCountKey.Int(0), spans.RaftLeaderCommitKey.Int(4), worldspans.PeerServiceKey.String("node-3"),
		spans.RaftMatchIndexKey.Int(4),
		kvspans.RaftReplyKey.String("AppendEntriesOk"), spans.RaftReplyTermKey.Int(3),
	}
	if !slices.Equal(got.Attributes, want) {
		t.Errorf("attributes\n%v\nwant\n%v", got.Attributes, want)
	}
}

// A server's address is its own where it is called, and a root has no parent.
func TestServerAndRoot(t *testing.T) {
	tracer, ended := record()
	root := kvspans.Tracer{Tracer: tracer.Tracer}.StartKVPut(span.Begin{Self: span.Ref{Root: 7, ID: 7}},
		kv.RequestID{Client: 2, Sequence: 3}, "a", "val_3")
	root.End("ok")
	server := tracer.StartPutServer(span.Begin{Self: span.Ref{Root: 7, ID: 9}, Parent: 8},
		spans.Who{Node: 2, Term: 1, Role: protocol.RoleCandidate}, "client-1", kv.RequestID{Client: 2, Sequence: 3})
	server.End("Answered")
	got := ended.spans
	if got[0].Parent != 0 || got[0].ID != 7 {
		t.Errorf("the root %v has the parent %v", got[0].ID, got[0].Parent)
	}
	if !slices.Contains(got[0].Attributes, kvspans.KVRequestIDKey.String("client-2/3")) {
		t.Errorf("attributes %v", got[0].Attributes)
	}
	want := []attribute.KeyValue{
		spans.RaftNodeIDKey.String("node-2"), spans.RaftTermKey.Int(1), spans.RaftRoleKey.String("candidate"),
		worldspans.RPCSystemNameKey.String("raftkv"), worldspans.RPCMethodKey.String("raftkv.KV/Put"),
		worldspans.ServerAddressKey.String("node-2"),
		kvspans.RaftPeerIDKey.String("client-1"),
		kvspans.KVRequestIDKey.String("client-2/3"), kvspans.RaftReplyKey.String("Answered"),
	}
	if !slices.Equal(got[1].Attributes, want) {
		t.Errorf("attributes\n%v\nwant\n%v", got[1].Attributes, want)
	}
}

func TestFailAndUnfinished(t *testing.T) {
	tracer, ended := record()
	begin := span.Begin{Self: span.Ref{Root: 1, ID: 1}}
	tracer.StartStart(begin, spans.Who{}, 0, 0, 0).Fail(worldspans.ErrorTypeCrash, "node-1 crashed")
	tracer.StartStart(begin, spans.Who{}, 0, 0, 0).Unfinished()
	got := ended.spans
	if got[0].Status.Code != codes.Error || got[0].Status.Description != "node-1 crashed" ||
		!slices.Contains(got[0].Attributes, attribute.String("error.type", "crash")) ||
		!got[0].End.Equal(epoch.Add(2*time.Millisecond)) {
		t.Errorf("failed: %+v", got[0])
	}
	if got[1].Status.Code != codes.Unset || !slices.Contains(got[1].Attributes, attribute.Bool("raft.unfinished", true)) ||
		!got[1].End.Equal(epoch.Add(4*time.Millisecond)) {
		t.Errorf("unfinished: %+v", got[1])
	}
}

// With no tracer nothing happens, whatever is called.
func TestOff(t *testing.T) {
	var off spans.Tracer
	if off.On() || (spans.ApplySpan{}).On() {
		t.Error("they should be off")
	}
	for starter := range starters(nil) {
		everything(t, off, starter)
	}
	span := off.StartElection(span.Begin{}, spans.Who{}, 3, 1)
	span.Fail("", "")
	span.Unfinished()
}

func TestOffAllocatesNothing(t *testing.T) {
	var off spans.Tracer
	var command kv.Command = kv.Put{Key: "a", Value: "b"}
	entries := []string{"1@1 put a b"}
	if allocated := testing.AllocsPerRun(100, func() { all(off, command, entries) }); allocated != 0 {
		t.Errorf("%v allocations", allocated)
	}
}

// all is a span with all that it can have.
func all(tracer spans.Tracer, command kv.Command, entries []string) {
	begin := span.Begin{Self: span.Ref{Root: 1, ID: 2}, Parent: 1}
	span := tracer.StartPutServer(begin, spans.Who{Node: 1, Term: 2, Role: protocol.RoleLeader}, "client-1",
		kv.RequestID{Client: 1, Sequence: 2})
	span.Append(3, 4, command)
	span.SetWho(spans.Who{Node: 1, Term: 3})
	span.SetResult("ok")
	span.End("Answered")
	call := tracer.StartAppendEntriesClient(begin, spans.Who{Node: 1, Term: 2, Role: protocol.RoleLeader}, "node-2", 1, 2,
		3, 4, 5)
	call.SetEntries(entries)
	call.Drop(worldspans.CauseNetwork)
	call.Fail(worldspans.ErrorTypeLost, "lost")
}

func BenchmarkSpans(b *testing.B) {
	b.ReportAllocs()
	entries := []string{"1@1 put a b"}
	on := spans.NewTracer(&kept{}, "node-1", run, epoch)
	on.Follow(&clock{})
	for name, tracer := range map[string]spans.Tracer{"off": {}, "on": on} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				all(tracer, kv.Noop{}, entries)
			}
		})
	}
}

// A span says which step of its process it begins in, and which it ends in if that is a later one; an event, which it
// happens in if that is later than the beginning.
func TestStepsAreToldWhereTheyAreOthers(t *testing.T) {
	tracer, ended := record()
	step := uint64(7)
	tracer.Follow(&clock{step: func() uint64 { return step }})
	started := kvspans.Tracer{Tracer: tracer.Tracer}.StartClientStart(span.Begin{Self: span.Ref{Root: 1, ID: 1}})
	started.End()
	if got := only(t, ended).Attributes; !slices.Equal(got, []attribute.KeyValue{worldspans.RaftkvStepKey.Int64(7)}) {
		t.Errorf("a span of one step has %v", got)
	}
	tracer, ended = record()
	tracer.Follow(&clock{step: func() uint64 { return step }})
	turn := kvspans.Tracer{Tracer: tracer.Tracer}.StartTurnProducer(span.Begin{Self: span.Ref{Root: 1, ID: 2}, Parent: 1},
		2, "client-2")
	turn.Drop(worldspans.CauseNetwork)
	step = 9
	turn.Delay(worldspans.CauseNetwork, 1)
	step = 12
	turn.End()
	got := only(t, ended)
	want := []attribute.KeyValue{worldspans.RaftkvStepKey.Int64(7), worldspans.RaftkvEndStepKey.Int64(12)}
	if !slices.Equal(got.Attributes[2:], want) {
		t.Errorf("a span of several steps has %v, want %v", got.Attributes[2:], want)
	}
	for i, want := range []attribute.KeyValue{{}, worldspans.RaftkvStepKey.Int64(9)} {
		all := got.Events[i].Attributes
		if at := slices.IndexFunc(all,
			func(a attribute.KeyValue) bool { return a.Key == worldspans.RaftkvStepKey }); at >= 0 != (want.Key != "") ||
			at >= 0 && all[at] != want {
			t.Errorf("event %s has %v, want %v", got.Events[i].Name, all, want)
		}
	}
}
