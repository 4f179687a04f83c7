package pages

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// said is what a page says of why, of its first run.
type said struct {
	Violation *struct {
		Span  int
		Facts []struct {
			Text string
			Span int
		}
		Chain []struct {
			Span int
			At   int64 `json:"at_ns"`
			Text string
		}
		Kept []int
		From *struct {
			Span int
			At   int64 `json:"at_ns"`
			Text string
		}
		Sentence string
	}
	Explained []struct {
		Span   int
		Answer string
	}
}

// saidOf reads a trace, and returns what its page says of why, with the spans as the page numbers them.
func saidOf(t *testing.T, file string) (said, []*traces.Span) {
	t.Helper()
	r, err := Read(t.Context(), io.Discard, []string{file}, Part{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	page, err := r.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var deflated bytes.Buffer
	if err := page.Runs[0].Write(&deflated); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(flate.NewReader(&deflated))
	if err != nil {
		t.Fatal(err)
	}
	var outer struct{ Head said }
	if err := json.Unmarshal(all[4:4+binary.LittleEndian.Uint32(all)], &outer); err != nil {
		t.Fatal(err)
	}
	var spans []*traces.Span
	for _, i := range inOrder(r.list[0].trace) {
		spans = append(spans, r.list[0].trace.Span(i).Clone())
	}
	return outer.Head, spans
}

// TestViolation holds what a page says of a violation against the spans.
func TestViolation(t *testing.T) {
	if head, _ := saidOf(t, recorded.Run(t, "lying-disk")); head.Violation != nil {
		t.Fatal("nobody looked at the invariants, and one is said not to hold")
	}
	trace, _ := recorded.Trace(t, recorded.Config(t, "lying-disk", "").Config, cluster.Options{})
	head, spans := saidOf(t, written(t, trace))
	v := head.Violation
	if v == nil || spans[v.Span].Name != worldspans.ViolationName || len(v.Facts) != 2 || len(v.Chain) < 3 {
		t.Fatalf("of a disk that lies the page says %+v", v)
	}
	if s := spans[v.Facts[0].Span]; s.Service != "node-1" || s.Attribute("raft.index").AsInt64() != 2 {
		t.Errorf("%q is told best by %s of %s", v.Facts[0].Text, s.Name, s.Service)
	}
	if s := spans[v.Facts[1].Span]; s.Service != "node-2" || !strings.HasSuffix(s.Name, ".start") {
		t.Errorf("%q is told best by %s of %s", v.Facts[1].Text, s.Name, s.Service)
	}
	if v.From == nil || spans[v.From.Span].Attribute(worldspans.RaftkvFaultKey).AsString() != worldspans.FaultRestart {
		t.Errorf("the last from outside is %+v, want that node-2 is started again", v.From)
	}
	epoch := spans[0].Start
	for k, line := range v.Chain {
		s := spans[line.Span]
		if k > 0 && line.At < v.Chain[k-1].At || !slices.Contains(v.Kept, line.Span) {
			t.Errorf("line %d of the chain, %q, is out of order, or its span is not kept", k, line.Text)
		}
		if traces.IsFault(s.Name) && s.Start.Sub(epoch).Nanoseconds() > v.From.At {
			t.Errorf("%q is a fault, after the last", line.Text)
		}
		for i := range s.Events {
			if e := &s.Events[i]; e.Name == worldspans.EventDrop && e.At.Sub(epoch).Nanoseconds() > v.From.At {
				t.Errorf("%q: a message is lost after the last thing that happened from outside", line.Text)
			}
		}
	}
}

// Where nothing from outside is on the chain, that is what is said.
func TestViolationByItself(t *testing.T) {
	c := recorded.Config(t, "default", "", `bug="forget-vote"`)
	trace, result := recorded.Trace(t, c.Config, cluster.Options{})
	if result.Checks.Violation == nil {
		t.Fatal("the bug violates nothing")
	}
	head, spans := saidOf(t, written(t, trace))
	v := head.Violation
	if v == nil || v.From != nil || !strings.HasPrefix(v.Sentence, "No fault, and no message that was lost") {
		t.Fatalf("the page says %+v", v)
	}
	if a, b := spans[v.Facts[0].Span], spans[v.Facts[1].Span]; a.Service != b.Service {
		t.Errorf("%q is told by %s, and %q by %s", v.Facts[0].Text, a.Service, v.Facts[1].Text, b.Service)
	}
}

// TestExplained holds which spans are explained against what they are.
func TestExplained(t *testing.T) {
	head, spans := saidOf(t, recorded.Run(t, "leader-crash"))
	operations, faults := 0, 0
	for _, e := range head.Explained {
		if e.Answer == "" {
			t.Errorf("%s has an empty answer", spans[e.Span].ID)
		}
		switch s := spans[e.Span]; {
		case strings.HasPrefix(s.Name, "kv."):
			operations++
		case traces.IsFault(s.Name):
			faults++
		}
	}
	all := 0
	for _, s := range spans {
		if traces.IsFault(s.Name) || strings.HasPrefix(s.Name, "kv.") {
			all++
		}
	}
	if operations == 0 || faults == 0 || operations+faults != all {
		t.Errorf("%d operations and %d faults are explained, of %d", operations, faults, all)
	}
}
