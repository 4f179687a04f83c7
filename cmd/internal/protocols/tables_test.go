package protocols_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	paxosspans "github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	raftspans "github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/story"
)

// tables are the protocols with nothing but their tables, by what configs call them.
func tables() map[string]*whole.Protocol {
	bare := func(p *whole.Protocol, told []span.Told) *whole.Protocol {
		return whole.New(whole.Protocol{Name: p.Name, Specs: p.Specs, Landmarks: p.Landmarks, Told: told, Run: p.Run})
	}
	return map[string]*whole.Protocol{
		"raft": bare(&protocols.Raft, raftspans.Story()), "multipaxos": bare(&protocols.MultiPaxos, paxosspans.Story()),
	}
}

// run makes a run with faults of a profile, or none, and returns its trace.
func run(t *testing.T, faults string, changes ...string) []byte {
	t.Helper()
	c := recorded.Config(t, "", faults, changes...)
	file, _ := recorded.Trace(t, c.Config, cluster.Options{Unchecked: true})
	return file
}

// check checks a trace against the tables of a protocol.
func check(t *testing.T, p *whole.Protocol, trace []byte) kvconform.Report {
	t.Helper()
	checker := p.Conform()
	if err := checker.Read(t.Context(), read.NewReader("trace", bytes.NewReader(trace))); err != nil {
		t.Fatal(err)
	}
	return checker.Report()
}

// TestTablesAlone finds nothing wrong with good runs by their tables alone.
func TestTablesAlone(t *testing.T) {
	for name, p := range tables() {
		for seed := range 4 {
			for _, faults := range []string{"", "mixed"} {
				report := check(t, p, run(t, faults, "protocol="+name, fmt.Sprintf("seed=%d", seed)))
				for _, f := range report.Findings {
					t.Errorf("%s, %q, seed %d: %s at %s: got %s, want %s", name, faults, seed, f.ID, f.Span, f.Got, f.Want)
				}
				if len(report.History) < 5 {
					t.Errorf("%s, %q, seed %d: the history has %d operations", name, faults, seed, len(report.History))
				}
			}
		}
	}
}

// TestTablesFind wants what is wrong with a trace to be found by the tables alone.
func TestTablesFind(t *testing.T) {
	good := string(run(t, ""))
	instead := func(old, now string) string { return strings.Replace(good, old, now, 1) }
	reply := `"key":"raft.reply","value":{"stringValue":"`
	got := `"key":"kv.result","value":{"stringValue":"ok"}`
	asked := `"stringValue":"client-2/1"`
	for _, test := range []struct{ name, trace, want string }{
		{"another reply", instead(reply+"VoteGranted", reply+"Granted"), "undefined_enum_variant"},
		{"the reply to another message", instead(reply+"VoteGranted", reply+"AppendEntriesOk"), "undefined_enum_variant"},
		{"a denial that was a vote", instead(reply+"VoteGranted", reply+"VoteDenied"), "message_mismatch"},
		{"another answer of the store", instead(got, strings.Replace(got, "ok", "lost", 1)), "exactly_once"},
		{"no such operation", instead(asked, strings.Replace(asked, "2/1", "2/0", 1)), "malformed_value"},
		{"another operation at one server", instead(asked, strings.Replace(asked, "2/1", "2/2", 1)), "same_applied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.trace == good {
				t.Fatal("the trace is as it was")
			}
			if report := check(t, tables()["raft"], []byte(test.trace)); report.Counts[test.want] == 0 {
				t.Errorf("found is %v, and not %s", report.Counts, test.want)
			}
		})
	}
	applied := func(changes ...string) (found []string) {
		for seed := range 40 {
			report := check(t, tables()[strings.TrimPrefix(changes[0], "protocol=")],
				run(t, "mixed", append(changes, fmt.Sprintf("seed=%d", seed))...))
			for id := range report.Counts {
				found = append(found, id)
			}
		}
		return found
	}
	if found := applied("protocol=raft", "bug=no-dedup"); !slices.Contains(found, kvconform.RuleExactlyOnce.ID) {
		t.Errorf("of operations that take effect twice %q is found", found)
	}
	found := applied("protocol=multipaxos", "bug=quorum-of-answered")
	if !slices.Contains(found, kvconform.RuleSameApplied.ID) {
		t.Errorf("of slots in which two values are chosen %q is found", found)
	}
}

// TestTablesTell has each span of a run be told and explained by the tables alone.
func TestTablesTell(t *testing.T) {
	for name, p := range tables() {
		trace := run(t, "mixed", "protocol="+name, "seed=3")
		x, err := index.Read(t.Context(), index.Input("trace", bytes.NewReader(trace)), index.Options{
			Lists: protocols.Lists(), Replies: protocols.Replies(),
		})
		if err != nil {
			t.Fatal(err)
		}
		told, _ := story.TellSpans(p.Story, x)
		var lines bytes.Buffer
		if err := told.Write(&lines, story.Plain); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(lines.String(), "raftkv.step") || bytes.Count(lines.Bytes(), []byte("\n")) < 100 {
			t.Errorf("%s: the story is\n%s", name, &lines)
		}
		e := explain.New(x, p.Explain)
		questions := e.Questions(10)
		for i := range int32(x.Len()) {
			s := x.Span(i)
			questions = append(questions, s.ID.String())
			if p.Diff.Phrase(s) == "" && strings.HasPrefix(s.Name, strings.TrimPrefix(name, "multi")+".") {
				t.Errorf("%s: the span %s has no phrase", name, s.Name)
			}
		}
		for _, question := range questions {
			answer, err := e.Explain(question)
			switch {
			case err != nil:
				t.Errorf("%s: %s: %v", name, question, err)
			case strings.Contains(answer.Answer.Text, "cannot be understood"), answer.Answer.Text == "":
				t.Errorf("%s: %s is answered %s", name, question, answer.Answer)
			}
		}
	}
}

// TestWhoseRequest has nothing be said of whose request was applied by a protocol whose spans do not tell.
func TestWhoseRequest(t *testing.T) {
	p := protocols.Raft
	p.Specs = slices.Clone(p.Specs)
	for i := range p.Specs {
		if p.Specs[i].ID == raftspans.ApplyID {
			p.Specs[i].Attributes = slices.DeleteFunc(slices.Clone(p.Specs[i].Attributes), func(a span.AttributeSpec) bool {
				return a.Key == kvspans.KVRequestIDKey
			})
		}
	}
	bare := whole.New(whole.Protocol{Name: p.Name, Specs: p.Specs, Landmarks: p.Landmarks, Run: p.Run})
	if len(bare.Rules) != len(tables()["raft"].Rules)-1 || bare.Explain.Applied != "" {
		t.Errorf("it has %d rules, and %q tells what is applied", len(bare.Rules), bare.Explain.Applied)
	}
	if p := tables()["raft"]; p.Explain.Applied != raftspans.ApplyID {
		t.Errorf("%q tells what Raft applies", p.Explain.Applied)
	}
}

// TestTablesShow has what the landmarks name be shown of a protocol whose spec has no section for it.
func TestTablesShow(t *testing.T) {
	for name, want := range map[string]string{
		"raft":       "operations[client] role[node] term[node] chosen[node] applied[node]",
		"multipaxos": "operations[client] role[leader] term[leader] chosen[leader] applied[leader replica]",
	} {
		var got []string
		for _, f := range tables()[name].Shown {
			got = append(got, fmt.Sprint(f.Name, f.Groups))
		}
		if all := strings.Join(got, " "); all != want {
			t.Errorf("%s: %s is shown, want %s", name, all, want)
		}
	}
}
