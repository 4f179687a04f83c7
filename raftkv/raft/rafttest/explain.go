package rafttest

import (
	"strings"
	"testing"

	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/story"
)

// ExplainAll asks about every span of a trace, whatever may be asked of it, and these questions. It returns what is
// answered, and the questions that are not.
func ExplainAll(t testing.TB, all *index.Trace, questions ...string) (text string, unanswered []string) {
	t.Helper()
	e := explain.New(all, raftexplain.Protocol())
	questions = append(questions, e.Questions(20)...)
	for i := range all.Len() {
		questions = append(questions, all.Entry(int32(i)).ID.String())
	}
	var b strings.Builder
	for _, question := range questions {
		x, err := e.Explain(question)
		if err != nil {
			unanswered = append(unanswered, question)
			continue
		}
		if err := x.Write(&b, story.Plain, 80); err != nil {
			t.Fatal(err)
		}
		b.WriteString(x.Next)
	}
	return b.String(), unanswered
}
