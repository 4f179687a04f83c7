package explain

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/raft"
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// full has TestEverything ask every question of every run. Without it a run of more than some spans is asked of some
// of them, which are the same each time.
var full = flag.Bool("full", false, "ask every question of every run")

const (
	mostAsked = 25   // spans of a run, of which each is asked
	mostSeeds = 1000 // of mixed, of which one has to catch a bug
)

// silent are the bugs whose runs are stopped before a span shows what is wrong, as README says of the check.
var silent = []string{"forget-vote", "revote-on-stepdown", "keep-conflicting-tail"}

// strikes are scenarios in which bugs violate an invariant, as README says. With -full it is each in which one does.
var strikes = map[string]string{
	"count-duplicate-votes": "storm", "keep-conflicting-tail": "figure-7", "commit-old-term": "figure-8",
	"local-read": "two-leaders", "no-dedup": "lost-reply",
}

// asked is a run that is asked about.
type asked struct {
	name, scenario, faults string
	changes                []string
	bug                    string
}

// askedRuns are all scenarios, runs in which each bug strikes, and drawn ones.
func askedRuns(t *testing.T) []asked {
	t.Helper()
	var list []asked
	for _, s := range library.BuiltIn() {
		list = append(list, asked{name: s.Name, scenario: s.Name})
	}
	for _, bug := range raft.Bugs() {
		for _, s := range library.BuiltIn() {
			r := asked{s.Name + " with " + bug.Name, s.Name, "", []string{"bug=" + bug.Name}, bug.Name}
			if strikes[bug.Name] == s.Name || *full && violates(t, r) {
				list = append(list, r)
			}
		}
		for seed := 1; ; seed++ {
			r := asked{
				fmt.Sprintf("mixed %d with %s", seed, bug.Name), "", "mixed",
				[]string{"bug=" + bug.Name, "seed=" + strconv.Itoa(seed)},
				bug.Name,
			}
			if violates(t, r) {
				list = append(list, r)
				break
			}
			if seed == mostSeeds {
				t.Fatalf("none of %d seeds of mixed catches %s", seed, bug.Name)
			}
		}
	}
	for seed := 1; seed <= race.Fewer(8, 3); seed++ {
		changes := []string{"seed=" + strconv.Itoa(seed)}
		list = append(list, asked{name: fmt.Sprintf("mixed %d", seed), faults: "mixed", changes: changes})
	}
	return list
}

// violates says whether a run violates an invariant.
func violates(t *testing.T, r asked) bool {
	t.Helper()
	result, err := cluster.New(recorded.Config(t, r.scenario, r.faults, r.changes...).Config,
		cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result.Checks.Violation != nil
}

// expectsViolation says whether a scenario is about an invariant that does not hold.
func expectsViolation(t *testing.T, r asked) bool {
	t.Helper()
	expects := recorded.Config(t, r.scenario, r.faults, r.changes...).Expects
	return slices.ContainsFunc(expects, func(e config.Expect) bool { return e.Violated != "" })
}

// TestEverything asks all there is to ask of runs of all kinds, and holds of every answer that no sentence names a span
// or a time that the trace does not have, or a process, a term or an index that the spans which it rests on do not;
// that every "why not" names a rule or an event; and that what is to be asked next is another question. Where a bug is
// built in, some answer says which rule was broken. Where none is, no answer does, unless the scenario is about that.
func TestEverything(t *testing.T) {
	var lock sync.Mutex
	told := map[string]bool{} // the bugs of whose runs an answer says that a rule was broken
	t.Run("runs", func(t *testing.T) {
		for _, r := range askedRuns(t) {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				spans, violated := spansOf(t, r.scenario, r.faults, r.changes...)
				meant := r.bug != "" || expectsViolation(t, r)
				if violated != meant {
					t.Errorf("an invariant was violated: %v", violated)
				}
				a := askAll(t, spans, true)
				if !meant && len(a.broken) > 0 {
					slices.Sort(a.broken)
					t.Errorf("no rule was broken, and it says:\n%s", strings.Join(slices.Compact(a.broken), "\n"))
				}
				lock.Lock()
				defer lock.Unlock()
				told[r.bug] = told[r.bug] || len(a.broken) > 0
			})
		}
	})
	for _, bug := range raft.Bugs() {
		if said, ran := told[bug.Name]; ran && !said && !slices.Contains(silent, bug.Name) {
			t.Errorf("no answer about a run with %s says that a rule was broken", bug.Name)
		}
	}
}

// Of a part of a trace, and of one in which attributes are missing or spans are foreign, no more is said than what is
// there.
func TestPartsAndForeign(t *testing.T) {
	for _, scenario := range []string{"figure-8", "leader-crash", "storm", "two-leaders", "lost-reply"} {
		whole, _ := spansOf(t, scenario, "")
		for part := range 5 {
			t.Run(fmt.Sprintf("%s without every seventh from %d", scenario, part), func(t *testing.T) {
				t.Parallel()
				var spans []traces.Span
				for i := range whole {
					if i%7 != part {
						spans = append(spans, whole[i])
					}
				}
				askAll(t, spans, false)
			})
		}
		t.Run(scenario+" with strange spans", func(t *testing.T) {
			t.Parallel()
			spans := slices.Clone(whole)
			for i := range spans {
				switch s := &spans[i]; {
				case i%11 == 0 && len(s.Attributes) > 0:
					s.Attributes = s.Attributes[1:]
				case i%11 == 5:
					s.Name, s.Service = "GET /cart", ""
				}
			}
			askAll(t, spans, false)
		})
	}
}

// spansOf runs a config with all checks, and returns what its trace file has, and whether an invariant was violated.
func spansOf(t *testing.T, scenario, faults string, changes ...string) ([]traces.Span, bool) {
	t.Helper()
	return spansOfRun(t, recorded.Config(t, scenario, faults, changes...), cluster.Options{})
}

// spansOfRun is spansOf for a config that is resolved.
func spansOfRun(t *testing.T, run *config.Resolved, options cluster.Options) ([]traces.Span, bool) {
	t.Helper()
	file, result := recorded.Trace(t, run.Config, options)
	path := filepath.Join(t.TempDir(), record.FileName)
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	spans, err := read.ReadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	return spans, result.Checks.Violation != nil
}

// asker holds answers against the spans that they are about. It knows nothing of how they are made.
type asker struct {
	t      *testing.T
	spans  map[world.CausalID]*traces.Span
	names  map[string]bool // of processes
	epoch  time.Time
	whole  bool     // the trace is a whole one, so that it tells all
	broken []string // what answers say of rules that were broken
}

// lastStep is how long before a violation the step that made it may have begun.
const lastStep = 150 * time.Microsecond

// askAll asks every question there is, of the spans at most mostAsked unless -full is given.
func askAll(t *testing.T, spans []traces.Span, whole bool) *asker {
	t.Helper()
	a := &asker{t: t, spans: map[world.CausalID]*traces.Span{}, names: map[string]bool{}, whole: whole}
	e := explain.New(index.Of(spans), protocols.Raft.Explain)
	questions := sampled(e.Questions(1<<20), func(q string) bool { return strings.HasPrefix(q, "index ") })
	violated := slices.IndexFunc(spans, func(s traces.Span) bool { return s.Name == "raftkv.violation" })
	each := max(1, len(spans)/mostAsked)
	if *full {
		each = 1
	}
	for i := range spans {
		s := &spans[i]
		a.spans[s.ID], a.names[s.Service] = s, true
		for _, kv := range s.Attributes {
			for _, name := range processName.FindAllString(kv.Value.String(), -1) {
				a.names[name] = true
			}
		}
		if a.epoch.IsZero() || s.Start.Before(a.epoch) {
			a.epoch = s.Start
		}
		if i%each == 0 || violated >= 0 && spans[violated].End.Sub(s.End) <= lastStep &&
			!s.Attribute("raft.unfinished").AsBool() {
			questions = append(questions, s.ID.String())
		}
	}
	for _, question := range questions {
		x, err := e.Explain(question)
		if err != nil {
			t.Errorf("%s: %v", question, err)
			continue
		}
		a.holds(x)
		a.next(e, x)
		a.refusal(x)
		a.ownTerm(x)
		if t.Failed() {
			t.Fatalf("%s is answered so:\n%s", question, written(x))
		}
	}
	return a
}

// sampled are all questions, but of some at most mostAsked, unless -full is given.
func sampled(questions []string, is func(string) bool) (list []string) {
	count := 0
	for _, q := range questions {
		if is(q) {
			count++
		}
	}
	each, seen := max(1, count/mostAsked), 0
	for _, q := range questions {
		if is(q) {
			if seen++; seen%each != 0 && !*full {
				continue
			}
		}
		list = append(list, q)
	}
	return list
}

func written(x *explain.Explanation) string {
	var b bytes.Buffer
	_ = x.Write(&b, words.Plain, 160) // a buffer takes all
	return b.String()
}

// next holds that what is suggested is another question, which has another answer.
func (a *asker) next(e *explain.Explainer, x *explain.Explanation) {
	if x.Next == "" {
		return
	}
	other, err := e.Explain(x.Next)
	switch {
	case err != nil:
		a.t.Errorf("the next question %q: %v", x.Next, err)
	case other.Question == x.Question || written(other) == written(x):
		a.t.Errorf("the next question %q is the same as %q", x.Next, x.Question)
	}
}

// refusal holds that a span which gives a reason for a refusal is explained by the rule of that reason.
func (a *asker) refusal(x *explain.Explanation) {
	id, err := strconv.ParseUint(x.Question, 16, 64)
	span := a.spans[world.CausalID(id)]
	if err != nil || span == nil || !a.whole {
		return
	}
	want := map[string][]explain.Rule{
		"stale_term": {raftexplain.TermOver}, "already_voted": {
			raftexplain.OneVote,
			raftexplain.TermOver,
		}, "log_behind": {raftexplain.UpToDate},
		"entry_missing": {raftexplain.LogMatch}, "term_conflict": {raftexplain.LogMatch},
	}[span.Attribute("raft.reason").AsString()]
	if span.Attribute("raft.reply").AsString() == "NotLeader" {
		want = []explain.Rule{raftexplain.LeaderOnly}
	}
	if want != nil && !slices.ContainsFunc(reasons(x),
		func(s explain.Step) bool { return slices.Contains(want, s.Rule) }) {
		a.t.Errorf("it gives the reason %s, and no step has one of the rules %v", span.Attribute("raft.reason").AsString(),
			want)
	}
}

// reasons are the steps of what did not happen.
func reasons(x *explain.Explanation) []explain.Step {
	var list []explain.Step
	for i := range x.Parts {
		if x.Parts[i].WhyNot {
			list = append(list, x.Parts[i].Steps...)
		}
	}
	return list
}

var entrySaid = regexp.MustCompile(
	`(?s)^Index ([0-9]+) of (node-[0-9]+)'s log is .* of term ([0-9]+)\. .* never applied it`)

// ownTerm holds that an entry which a leader of a later term knew to be on a majority, and which nobody committed, is
// said to be held back by the rule for that.
func (a *asker) ownTerm(x *explain.Explanation) {
	said := entrySaid.FindStringSubmatch(x.Answer.Text)
	if said == nil || !a.whole {
		return
	}
	number := func(s *traces.Span, key string) int64 { return s.Attribute(attribute.Key(key)).AsInt64() }
	index, _ := strconv.ParseInt(said[1], 10, 64)
	term, _ := strconv.ParseInt(said[3], 10, 64)
	acks, quorum := map[int64]map[string]bool{}, int64(0) // of the node itself, by the terms in which it led
	for _, s := range a.spans {
		switch {
		case s.Name == "raft.commit" && number(s, "raft.commit.from") < index && index <= number(s, "raft.commit.to"):
			return
		case s.Name == "raft.election":
			quorum = number(s, "raft.quorum")
		case s.Service == said[2] && s.Kind == trace.SpanKindClient &&
			s.Attribute("raft.reply").AsString() == "AppendEntriesOk" && number(s, "raft.match_index") >= index:
			of := number(s, "raft.term")
			if acks[of] == nil {
				acks[of] = map[string]bool{said[2]: true}
			}
			acks[of][s.Attribute("raft.peer.id").AsString()] = true
		}
	}
	for of, by := range acks {
		if of > term && int64(len(by)) >= quorum && !slices.ContainsFunc(reasons(x),
			func(s explain.Step) bool { return s.Rule == raftexplain.OwnTerm }) {
			a.t.Errorf("%d of %d had index %d of term %d in term %d, and no step says that it may not be committed by "+
				"counting (§5.4.2)", len(by), quorum, index, term, of)
		}
	}
}
