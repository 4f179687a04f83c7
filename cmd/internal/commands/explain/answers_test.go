package explain

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// rough is a run in which messages are lost, late and twice.
func rough(t *testing.T) []traces.Span {
	t.Helper()
	spans, _ := spansOf(t, "default", "", "num_nodes=3", "num_clients=2", "requests_per_client=6", "network.loss=0.08",
		"network.duplicate=0.05", "seed=5")
	return spans
}

func explained(t *testing.T, e *explain.Explainer, question string) *explain.Explanation {
	t.Helper()
	x, err := e.Explain(question)
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return x
}

// written80 is an answer in lines of 80 columns.
func written80(x *explain.Explanation) string {
	var b bytes.Buffer
	_ = x.Write(&b, words.Plain, 80) // a buffer takes all
	return b.String()
}

// Every question that is said to have an answer has one, every span is explained, and each question that is suggested
// next has an answer, too.
func TestExplainAnswersWhatItSays(t *testing.T) {
	reference, _ := spansOf(t, "reference", "")
	for _, spans := range [][]traces.Span{rough(t), reference} {
		e := explain.New(index.Of(spans), protocols.Raft.Explain)
		questions := e.Questions(1000)
		for i := range spans {
			questions = append(questions, spans[i].ID.String())
		}
		for _, kind := range []string{"leader term ", "client-1 ", "client-2 ", "index "} {
			if !slices.ContainsFunc(questions, func(q string) bool { return strings.HasPrefix(q, kind) }) {
				t.Errorf("no question %s…", kind)
			}
		}
		for _, question := range questions {
			x := explained(t, e, question)
			if _, err := e.Explain(x.Next); err != nil || x.Next == question {
				t.Errorf("%s suggests %q: %v", question, x.Next, err)
			}
			for line := range strings.Lines(written80(x)) {
				line = strings.TrimSuffix(line, "\n")
				if utf8.RuneCountInString(line) > 80 || strings.HasSuffix(line, " ") || strings.Contains(line, "%!") {
					t.Errorf("%s: a line is too long, or badly made: %q", question, line)
				}
			}
		}
	}
}

// The parts of an operation's time are its whole.
func TestExplainAccountsForAllTime(t *testing.T) {
	spans := rough(t)
	e := explain.New(index.Of(spans), protocols.Raft.Explain)
	operations := 0
	for i := range spans {
		s := &spans[i]
		request := s.Attribute("kv.request.id").AsString()
		if !strings.HasPrefix(s.Name, "kv.") || request == "" {
			continue
		}
		operations++
		x := explained(t, e, strings.ReplaceAll(request, "/", " "))
		var sum time.Duration
		for _, step := range x.Parts[0].Steps {
			sum += step.At
		}
		if whole := s.End.Sub(s.Start); sum != whole || !strings.HasPrefix(x.Parts[0].Title.Text, "Where the time went") {
			t.Errorf("%s took %v, and %q accounts for %v", request, whole, x.Parts[0].Title.Text, sum)
		}
	}
	if operations != 12 {
		t.Errorf("%d operations, want 12", operations)
	}
}

// A question can be worded in more than one way, and one that has no answer is said to have none, with the nearest that
// has.
func TestExplainQuestions(t *testing.T) {
	spans := rough(t)
	e := explain.New(index.Of(spans), protocols.Raft.Explain)
	id := spans[len(spans)/2].ID.String()
	for _, same := range [][]string{
		{"leader term 1", "leader 1", "term 1", "term 1 leader", "election 1", "election term 1", "elections term 1"},
		{"client-2 3", "client-2/3"},
		{"index 2 node-3", "node-3 index 2"},
		{id, id[:12], strings.ToUpper(id)},
	} {
		want := written80(explained(t, e, same[0]))
		for _, question := range same[1:] {
			if got := written80(explained(t, e, question)); got != want {
				t.Errorf("%q is answered otherwise than %q:\n%s", question, same[0], got)
			}
		}
	}
	mistyped := "00" + id[2:]
	for question, want := range map[string]struct{ says, nearest string }{
		"leader term 99":   {"nobody stood for election in term 99", "leader term "},
		"client-2 99":      {"no client of this run has an operation client-2 99", "client-2 6"},
		"client-9 1":       {"no client of this run has an operation client-9 1", ""},
		"index 999 node-1": {"the log of node-1 never had an index 999", "index "},
		"index 1 node-9":   {"there is no node-9", ""},
		"ffffffffffffffff": {"no span of this run has the id ffffffffffffffff", ""},
		"leader": {
			`cannot tell what "leader" asks: of which term it does not say, and there were elections in`,
			"leader term 1",
		},
		"leader term": {
			`cannot tell what "leader term" asks: of which term it does not say`,
			"leader term 1",
		},
		"election": {
			`cannot tell what "election" asks: of which term it does not say`,
			"leader term 1",
		},
		"election node-1":                  {`cannot tell what "election node-1" asks`, ""},
		"leader trem 1 index 9 nod-7":      {`cannot tell what "leader trem 1 index 9 nod-7" asks: nothing can be made of "trem" and "nod-7"; ask for a span by 6 digits of its id or more, leader term N`, ""},
		"":                                 {`cannot tell what "" asks`, ""},
		"index 1":                          {`cannot tell what "index 1" asks: of which server it does not say`, ""},
		"node-1":                           {`cannot tell what "node-1" asks: which index of node-1 it does not say`, ""},
		mistyped:                           {"no span of this run has the id " + mistyped, id},
		"why":                              {`cannot tell what "why" asks`, ""},
		"leader term -1":                   {"cannot tell what", ""},
		"client-1 1 term 2 index 3 node-1": {"cannot tell what", ""},
	} {
		_, err := e.Explain(question)
		var q *explain.QuestionError
		if err == nil || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%q: error %v, want %q", question, err, want.says)
		} else if errors.As(err, &q) && !strings.HasPrefix(q.Nearest, want.nearest) || q == nil && want.nearest != "" {
			t.Errorf("%q: the nearest question is said to be %+v, want %q", question, q, want.nearest)
		}
	}
}

// The causes that are found are those that the trace has: who crashed, what was lost, which of the acknowledgements
// counted.
func TestExplainFindsCauses(t *testing.T) {
	spans := rough(t)
	e := explain.New(index.Of(spans), protocols.Raft.Explain)
	for i := range spans {
		s := &spans[i]
		if s.Name != "raft.commit" || len(s.Attribute("raft.commit.acknowledged_by").AsStringSlice()) == 0 {
			continue
		}
		index := s.Attribute("raft.commit.to").AsInt64()
		text := written80(explained(t, e, fmt.Sprintf("index %d %s", index, s.Service)))
		if !strings.Contains(text, "["+s.ID.String()+"]") ||
			!strings.Contains(text, strings.Join(s.Attribute("raft.commit.acknowledged_by").AsStringSlice(), " and ")) {
			t.Errorf("index %s of %s does not name the commit %s and its copies:\n%s", strconv.FormatInt(index, 10), s.Service,
				s.ID, text)
		}
	}
	lost := 0
	for i := range spans {
		s := &spans[i]
		dropped := slices.ContainsFunc(s.Events, func(v traces.Event) bool { return v.Name == "drop" })
		if s.Kind.String() == "client" && dropped && s.Attribute("raft.reply").AsString() == "" &&
			s.Attribute("raftkv.copy").AsInt64() == 0 {
			text := strings.Join(strings.Fields(written80(explained(t, e, s.ID.String()))), " ")
			if strings.Contains(text, "was lost on its way to "+s.Attribute("raft.peer.id").AsString()+" by chance") {
				lost++
			}
		}
	}
	if lost == 0 {
		t.Error("no call whose message was lost is explained by that")
	}
}

// A violation is told as what it is, with what the invariant says and the facts that do not agree; what a start is,
// too.
func TestExplainViolation(t *testing.T) {
	spans := rough(t)
	violation := spans[0]
	violation.Name, violation.ID, violation.Service, violation.Start, violation.End = "raftkv.violation", 0x77, "world",
		spans[0].Start.Add(90*time.Millisecond), spans[0].Start.Add(90*time.Millisecond)
	violation.Status.Description = "At most one leader is elected in a term, ever."
	violation.Attributes = []attribute.KeyValue{
		attribute.String("raftkv.invariant", "ElectionSafety"), attribute.StringSlice("raftkv.violation.facts",
			[]string{"node-1 leads term 1", "node-2 leads term 1"}),
	}
	e := explain.New(index.Of(append(spans, violation)), protocols.Raft.Explain)
	x := explained(t, e, "0000000000000077")
	text := strings.Join(strings.Fields(written80(x)), " ")
	for _, want := range []string{"The invariant ElectionSafety did not hold at 90.000ms", "At most one leader is elected in a term, ever.", "One fact: node-1 leads term 1.", "The other: node-2 leads term 1."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said in\n%s", want, text)
		}
	}
	if x.Next == "0000000000000077" {
		t.Error("it suggests to ask the same again")
	}
}
