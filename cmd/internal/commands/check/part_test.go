package check

import (
	"bytes"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/read"
)

// TestAPartOfARun checks each trace of a run by itself, as one comes out of a Jaeger: nothing is blamed for what is
// elsewhere, and what a span says itself is.
func TestAPartOfARun(t *testing.T) {
	file, _ := traced(t, recorded.Config(t, "leader-crash", ""))
	parts := map[world.CausalID]*raftconform.Checker{}
	whole := world.CausalID(0)
	for s, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			t.Fatal(err)
		}
		if parts[s.Root] == nil {
			parts[s.Root] = raftconform.New()
		}
		if s.Name == worldspans.RunName {
			whole = s.Root
		}
		if s.Name == spans.ElectionName {
			s.Kind++
		}
		parts[s.Root].Add(&s, 1)
	}
	wrong, nexts := 0, map[string]int{}
	for id, checker := range parts {
		operations, _ := checker.History()
		report := checker.Report()
		wrong += report.Counts["wrong_kind"]
		if report.Part != (id != whole) || len(report.Findings) > report.Counts["wrong_kind"] || len(operations) > 0 {
			t.Errorf("trace %s: that it is a part is %t; %d operations, %v", id, report.Part, len(operations), report.Counts)
		}
		told := (&page{width: 80}).tell([]verdict{{
			Run: "part", Report: report, Linearizable: history{Holds: true}, protocol: protocols.Usual(),
		}})
		if report.Part != strings.Contains(told, "a part of a run") || report.Part == strings.Contains(told, "linearizable") {
			t.Errorf("trace %s is told as\n%s", id, told)
		}
		if _, next, _ := strings.Cut(told, "\nnext  "); len(report.Findings) == 0 {
			nexts[next]++
		}
	}
	if wrong == 0 {
		t.Error("the kinds of elections are wrong, and it was not found")
	}
	if len(nexts) != 1 || nexts["go run ./cmd/story part\nshow  go run ./cmd/view part\n"] == 0 {
		t.Errorf("of parts without an election, the next commands are %v", nexts)
	}
	if checked(t, file).Part {
		t.Error("the whole run is taken for a part")
	}
}

// TestNextOfMultiPaxos asks of the first ballot that a leader began.
func TestNextOfMultiPaxos(t *testing.T) {
	file, _ := traced(t, recorded.Config(t, "paxos-takeover", ""))
	if next := next([]verdict{{Run: "x", Report: checked(t, file)}}); next != "go run ./cmd/explain x leader ballot 1.1" {
		t.Errorf("next is %s", next)
	}
}

// TestNextOfAnotherTerm asks of the first election that there is, and not of term 1, which a run need not have.
func TestNextOfAnotherTerm(t *testing.T) {
	file, _ := traced(t, recorded.Config(t, "leader-crash", "", "raft.start_term=7"))
	isClean(t, file, "leader-crash from term 7 on")
	late, _ := traced(t, recorded.Config(t, "rolling-restart", "", "raft.start_term=4611686018427387904"))
	isClean(t, late, "rolling-restart from the last term on that can be given")
	if next := next([]verdict{{Run: "x", Report: checked(t, file)}}); next != "go run ./cmd/explain x leader term 8" {
		t.Errorf("next is %s", next)
	}
}
