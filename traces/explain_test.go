package traces_test

import (
	"bytes"
	"strings"
	"testing"

	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	index "github.com/raftkv/raftkv/traces/index2"
	"github.com/raftkv/raftkv/traces/story"
)

func explained(t *testing.T, e *explain.Explainer, question string) *explain.Explanation {
	t.Helper()
	x, err := e.Explain(question)
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return x
}

func writeExplanation(t *testing.T, x *explain.Explanation) string {
	t.Helper()
	var b bytes.Buffer
	if err := x.Write(&b, story.Plain, 80); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// explainAll asks everything of whatever can be read: nothing may panic.
func explainAll(t *testing.T, spans []traces.Span) string {
	t.Helper()
	e := explain.New(index.Of(spans), raftexplain.Protocol())
	questions := append(e.Questions(20), "leader term 1", "client-1 1", "index 1 node-1")
	for i := range spans {
		questions = append(questions, spans[i].ID.String())
	}
	var b strings.Builder
	for _, question := range questions {
		if x, err := e.Explain(question); err == nil {
			b.WriteString(writeExplanation(t, x) + x.Next)
		}
	}
	return b.String()
}

func TestExplainWhatIsWrong(t *testing.T) {
	spans := rafttest.Broken(t)
	if once, again := explainAll(t, spans), explainAll(t, spans); once != again || once == "" {
		t.Error("a broken trace is explained otherwise when it is asked again, or not at all")
	}
}
