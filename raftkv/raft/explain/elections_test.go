package explain_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
)

// Of an election whose term is not said all terms are told, where they are few.
func TestExplainWhichTerm(t *testing.T) {
	for _, c := range []struct {
		terms []int64
		want  string
	}{
		{nil, ", and nobody stood for election in this run"},
		{[]int64{2, 2}, ", and there were elections in term 2 alone"},
		{[]int64{5, 3, 5, 4}, ", and there were elections in the terms 3, 4 and 5"},
		{[]int64{9, 1, 2, 3, 4, 6, 7}, ", and there were elections in 7 terms, from 1 to 9"},
	} {
		var all []traces.Span
		for i, term := range c.terms {
			all = append(all, traces.Span{
				ID: world.CausalID(i + 1), Service: "node-1", Name: "raft.election", Start: time.Unix(int64(i), 0),
				Kind: trace.SpanKindInternal, End: time.Unix(int64(i), 0), Status: traces.Status{Code: codes.Error},
				Attributes: []attribute.KeyValue{
					attribute.String("raft.node.id", "node-1"), attribute.Int64("raft.term", term), attribute.String("raft.role",
						"candidate"), attribute.Int64("raft.quorum", 2),
				},
			})
		}
		_, err := explain.New(index.Of(all), raftexplain.Protocol()).Explain("elections")

		if want := `cannot tell what "elections" asks: of which term it does not say` + c.want; err == nil ||
			err.Error() != want {
			t.Errorf("elections in the terms %v: error %v, want %s", c.terms, err, want)
		}
	}
}
