package run

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// ordinary is the default run, as it is when nobody meddles with it.
var ordinary struct {
	once  sync.Once
	files map[string]string
	spans []traces.Span
}

func ordinarySpans(t *testing.T) []traces.Span {
	t.Helper()
	ordinary.once.Do(func() {
		ordinary.files, _ = runFolder(t)
		ordinary.spans = spansIn(t, ordinary.files)
	})
	if len(ordinary.spans) < 300 {
		t.Fatalf("the default run has %d spans: too few to say anything", len(ordinary.spans))
	}
	return ordinary.spans
}

func ordinaryFiles(t *testing.T) map[string]string {
	t.Helper()
	ordinarySpans(t)
	return maps.Clone(ordinary.files)
}

// someMessages are ids of messages in the middle of the default run, by the kind of their span.
func someMessages(t *testing.T) map[trace.SpanKind]string {
	t.Helper()
	ids := make(map[trace.SpanKind]string)
	all := ordinarySpans(t)
	for i := range all[:len(all)/2] {
		ids[all[i].Kind] = all[i].ID.String()
	}
	return ids
}

// sent are a few spans that each send another kind of message: the last of each name and kind that is not at the very
// end.
func sent(t *testing.T) []traces.Span {
	t.Helper()
	type shape struct {
		name string
		kind trace.SpanKind
	}
	last := make(map[shape]traces.Span)
	all := ordinarySpans(t)
	for i := range all[:len(all)*3/4] {
		if s := all[i]; s.Kind == trace.SpanKindClient || s.Kind == trace.SpanKindProducer || s.Kind == trace.SpanKindServer {
			last[shape{s.Name, s.Kind}] = s
		}
	}
	var some []traces.Span
	for i := range all {
		if s := all[i]; last[shape{s.Name, s.Kind}].ID == s.ID {
			some = append(some, s)
		}
	}
	if len(some) < 11 {
		t.Fatalf("only %d kinds of messages are sent: too few to be the default run", len(some))
	}
	return some
}

func find(all []traces.Span, id world.CausalID) *traces.Span {
	i := slices.IndexFunc(all, func(s traces.Span) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// receivers are the spans in which the message of a span was handled by the one that it went to, a late reply included.
func receivers(all []traces.Span, sender *traces.Span) []*traces.Span {
	var found []*traces.Span
	for i := range all {
		s := &all[i]
		handles := s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer || s.Name == spans.LateReplyName
		if s.Parent == sender.ID && handles && s.Service != sender.Service {
			found = append(found, s)
		}
	}
	return found
}

func event(s *traces.Span, name string) *traces.Event {
	i := slices.IndexFunc(s.Events, func(e traces.Event) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Events[i]
}

// meddled runs the default again with one thing changed, and returns the spans, the sender's among them.
func meddled(t *testing.T, flag, value string, sender world.CausalID) (all []traces.Span, now *traces.Span, c *call) {
	t.Helper()
	files, c := runFolder(t, flag, value, "-files", "otlp")
	all = spansIn(t, files)
	if now = find(all, sender); now == nil {
		t.Fatalf("the span %s is gone: %s", sender, c)
	}
	return all, now, c
}

// TestDrop loses a message of each kind: its sender's span says so, and nobody gets it.
func TestDrop(t *testing.T) {
	for _, before := range sent(t) {
		t.Run(before.Kind.String()+" "+before.Name, func(t *testing.T) {
			t.Parallel()
			all, now, c := meddled(t, "-drop", before.ID.String(), before.ID)
			if event(now, worldspans.EventDrop) == nil {
				t.Errorf("%s has no event %s: %s", before.ID, worldspans.EventDrop, c)
			}
			if got := receivers(all, now); len(got) > 0 {
				t.Errorf("%s was dropped, and %s handled it in %s: %s", before.ID, got[0].Service, got[0].ID, c)
			}
			if before.Kind != trace.SpanKindServer {
				return
			}
			// It is the reply that was dropped: the request was handled as before, and who sent it never learnt.
			if now.End != before.End {
				t.Errorf("%s ends at %v and not at %v, before its reply was lost: %s", before.ID, now.End, before.End, c)
			}
			if request := find(all, before.Parent); request.Status.Code != codes.Error && !unfinished(request) {
				t.Errorf("%s got its reply from %s, which was dropped: %s", request.ID, before.ID, c)
			}
		})
	}
}

func unfinished(s *traces.Span) bool { return s.Attribute(worldspans.RaftUnfinishedKey).AsBool() }

// TestDelay has a message of each kind come later.
func TestDelay(t *testing.T) {
	const by = 7 * time.Millisecond
	plain := ordinarySpans(t)
	for _, before := range sent(t) {
		t.Run(before.Kind.String()+" "+before.Name, func(t *testing.T) {
			t.Parallel()
			all, now, c := meddled(t, "-delay", before.ID.String()+"="+by.String(), before.ID)
			e := event(now, worldspans.EventDelay)
			if e == nil || e.Attribute(worldspans.RaftkvDelayNsKey).AsInt64() != by.Nanoseconds() {
				t.Fatalf("%s has no event %s of %v: %s", before.ID, worldspans.EventDelay, by, c)
			}
			if before.Kind == trace.SpanKindServer {
				was, is := find(plain, before.Parent), find(all, before.Parent)
				if is.End.Sub(was.End) < by-time.Millisecond {
					t.Errorf("the reply to %s is handled at %v, and was at %v: it is not late by %v: %s", is.ID, is.End, was.End, by,
						c)
				}
				return
			}
			was, is := receivers(plain, &before), receivers(all, now)
			if len(was) != 1 || len(is) != 1 || is[0].Start.Sub(was[0].Start) < by-time.Millisecond {
				t.Errorf("%s is not received later by %v: %s", before.ID, by, c)
			}
		})
	}
}

// TestDuplicate has a message of each kind come twice: the second copy is one more span, which says that it is.
func TestDuplicate(t *testing.T) {
	for _, before := range sent(t) {
		t.Run(before.Kind.String()+" "+before.Name, func(t *testing.T) {
			t.Parallel()
			all, now, c := meddled(t, "-duplicate", before.ID.String(), before.ID)
			if event(now, worldspans.EventDuplicate) == nil {
				t.Errorf("%s has no event %s: %s", before.ID, worldspans.EventDuplicate, c)
			}
			got := make(map[int64]int)
			for _, s := range receivers(all, now) {
				got[s.Attribute(worldspans.RaftkvCopyKey).AsInt64()]++
			}
			want := []map[int64]int{{0: 1, 1: 1}}
			if before.Kind == trace.SpanKindServer {
				// The copy that comes first is handled in the request's own span, and a node tells of the other. A client has
				// nothing to tell of it.
				want = []map[int64]int{{1: 1}, {0: 1}}
				if strings.HasPrefix(find(all, before.Parent).Service, kvspans.ServiceClient) {
					want = []map[int64]int{{}}
				}
			}
			if !slices.ContainsFunc(want, func(w map[int64]int) bool { return maps.Equal(w, got) }) {
				t.Errorf("%s came twice, and its copies have the spans %v (copy: spans), want %v: %s", before.ID, got, want, c)
			}
		})
	}
}

// TestUnknownMessage names messages that the run does not have: nothing is written, and each is said.
func TestUnknownMessage(t *testing.T) {
	t.Parallel()
	known := someMessages(t)[trace.SpanKindClient]
	file := write(t, t.TempDir(), "own.toml", "\n[[fault]]\ndrop = \"00f067aa0ba902b7\"\n")
	for _, c := range []struct {
		args    []string
		unknown int
		want    []string
	}{
		{
			[]string{"-drop", "00f067aa0ba902b7"},
			1,
			[]string{
				"-drop: no message of this run has the id 00f067aa0ba902b7", "-drop 00f067aa0ba902b7\n",
				"^^^^^^^^^^^^^^^^",
			},
		},
		{
			[]string{"-delay", "00f067aa0ba902b7=40ms", "-stdout"},
			1,
			[]string{"-delay: no message", "-delay 00f067aa0ba902b7=40ms\n"},
		},
		{[]string{"-duplicate", "ffffffffffffffff"}, 1, []string{"-duplicate: no message", "-duplicate ffffffffffffffff\n"}},
		{
			[]string{"-drop", known, "-drop", "00f067aa0ba902b7", "-duplicate", "00f067aa0ba902b8"},
			2,
			[]string{"-drop: no message", "-duplicate: no message"},
		},
		// a span, but one that sends nothing
		{[]string{"-drop", ordinarySpans(t)[0].ID.String()}, 1, []string{"-drop: no message"}},
		{[]string{"-drop", "00f067aa0ba902b7", "-set", "max_duration=1ms"}, 1, []string{"-drop: no message"}},
		{[]string{file}, 1, []string{file + ":3:8: no message", "drop = \"00f067aa0ba902b7\"\n"}},
	} {
		parent := t.TempDir()
		got := here(t, append([]string{"-out", filepath.Join(parent, "a", "b")}, c.args...)...).wants(t, statusTrouble,
			c.want...)
		nothingIn(t, parent, got)
		if got.stdout != "" {
			t.Errorf("something was printed: %s\n%.200s", got, got.stdout)
		}
		if n := strings.Count(got.stderr, "no message"); n != c.unknown {
			t.Errorf("%d ids are said to be unknown, want %d: %s\n%s", n, c.unknown, got, got.stderr)
		}
	}
}
