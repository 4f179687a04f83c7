package export_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"go.opentelemetry.io/otel/trace"

	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
)

// converted is what a trace becomes in another format.
func converted(t testing.TB, write func(io.Writer, *index.Trace) error, spans []span.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var converters = map[string]func(io.Writer, *index.Trace) error{
	"jaeger":   export.WriteJaeger,
	"perfetto": export.WritePerfetto, "shiviz": writeShiViz,
}

func writeShiViz(w io.Writer, all *index.Trace) error {
	return export.WriteShiViz(w, all, raftexport.Protocol())
}

// repliesOf are the spans that handled a call and whose reply was taken in, by the call's id; and how many of these
// handled a second copy, because the first one was handled too late.
func repliesOf(spans []span.Span) (replies map[world.CausalID]*span.Span, copies int) {
	replies = map[world.CausalID]*span.Span{}
	for i := range spans {
		call, second := &spans[i], (*span.Span)(nil)
		if call.Kind != trace.SpanKindClient || call.Attribute("raft.reply").AsString() == "" {
			continue
		}
		for k := range spans {
			switch s := &spans[k]; {
			case s.Parent != call.ID || s.Kind != trace.SpanKindServer || s.End.After(call.End):
			case s.Attribute("raftkv.copy").AsInt64() != call.Attribute("raftkv.answered_copy").AsInt64():
			case s.Attribute("raftkv.copy").AsInt64() == 0:
				replies[call.ID] = s
			default:
				second = s
			}
		}
		if replies[call.ID] == nil {
			replies[call.ID] = second
			copies++
		}
	}
	return replies, copies
}

// Nothing that can be read makes a converter panic: not two spans with one id, no parents in a ring, no end before its
// beginning.
func TestConvertWhatIsWrong(t *testing.T) {
	broken := rafttest.Broken(t)
	for name, write := range converters {
		got := converted(t, write, broken)
		if name != "shiviz" && !json.Valid(got) {
			t.Errorf("%s is no JSON", name)
		}
		if again := converted(t, write, broken); !bytes.Equal(got, again) {
			t.Errorf("%s differs when it is written again", name)
		}
	}
}
