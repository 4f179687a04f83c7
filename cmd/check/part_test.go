package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
)

// TestAPartOfARun judges each trace of a run by itself, as one comes out of a Jaeger: nothing is blamed for what is elsewhere, and what a span says itself is.
func TestAPartOfARun(t *testing.T) {
	file, _ := traced(t, configOf(t, "leader-crash", ""))
	parts := map[world.CausalID]*traces.Judge{}
	whole := world.CausalID(0)
	for s, err := range traces.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			t.Fatal(err)
		}
		if parts[s.Root] == nil {
			parts[s.Root] = traces.NewJudge()
		}
		if s.Name == spans.RunName {
			whole = s.Root
		}
		if s.Name == spans.ElectionName {
			s.Kind++
		}
		parts[s.Root].Add(&s, 1)
	}
	wrong := 0
	for id, judge := range parts {
		operations, _ := judge.History()
		report := judge.Report()
		wrong += report.Counts["wrong_kind"]
		if report.Part != (id != whole) || len(report.Findings) > report.Counts["wrong_kind"] || len(operations) > 0 {
			t.Errorf("trace %s: that it is a part is %t; %d operations, %v", id, report.Part, len(operations), report.Counts)
		}
		told := (&page{width: 80}).tell([]verdict{{Run: "part", Report: report, Linearizable: history{Holds: true}}})
		if report.Part != strings.Contains(told, "a part of a run") || report.Part == strings.Contains(told, "linearizable") {
			t.Errorf("trace %s is told as\n%s", id, told)
		}
	}
	if wrong == 0 {
		t.Error("the kinds of elections are wrong, and it was not found")
	}
	if judged(t, file).Part {
		t.Error("the whole run is taken for a part")
	}
}
