package cluster_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// spoiler is a process that has the checks see what did not happen.
type spoiler struct {
	world.Process

	checker *invariants.Checker
}

const spoiled = 60 * time.Millisecond

func (*spoiler) ID() world.ProcessID { return world.NewProcessID(world.ClientGroup, 99) }
func (*spoiler) Finish()             {}
func (*spoiler) Start(w world.World) { w.SetTimer(0, world.Timer{Kind: 1, ID: 1}, spoiled) }

func (s *spoiler) Timeout(world.Timer) {
	s.checker.Check(&invariants.View{At: spoiled, Server: 2, State: &protocol.State{}}) // its term fell
}

// TestAViolationStopsTheRun plants one: the run ends there, and its trace tells of it.
func TestAViolationStopsTheRun(t *testing.T) {
	t.Parallel()
	c := seeded(1)
	kept := &tracetest.Memory{}
	recorder := record.NewRecorder(record.RecorderOptions{}, kept)
	cl := cluster.New(c, cluster.Options{Recorder: recorder})
	cl.Sim().Add(&spoiler{checker: cl.Checker()})
	result, err := cl.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := result.Checks.Violation
	if v == nil || v.Invariant.Name != string(protocol.InvariantTermAndVote) {
		t.Fatalf("the violation is %v", v)
	}
	if result.Finished || result.End < spoiled || result.End > spoiled+time.Millisecond {
		t.Errorf("the run went on until %s, finished: %v", result.End, result.Finished)
	}
	told := 0
	for _, s := range kept.Spans {
		if s.Name != "raftkv.violation" {
			continue
		}
		told++
		facts := s.Attribute("raftkv.violation.facts").AsStringSlice()
		if s.Service != "world" || s.Status.Code != codes.Error ||
			s.Attribute("raftkv.invariant").AsString() != "TermAndVote" || len(facts) != 2 || facts[1] != v.Facts[1] {
			t.Errorf("it is told as %s", describe(&s))
		}
	}
	if told != 1 {
		t.Errorf("%d spans tell of it", told)
	}
}
