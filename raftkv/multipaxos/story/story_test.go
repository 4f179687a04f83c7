package story_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	paxosstory "github.com/raftkv/raftkv/raftkv/multipaxos/story"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// scene opens spans of one process, each in a millisecond of its own.
type scene struct {
	spans.Tracer

	clock *tracetest.Clock
	id    uint64
}

func (s *scene) begin(parent uint64) span.Begin {
	s.id++
	s.clock.Set(time.Duration(s.id) * time.Millisecond)
	return span.Begin{Self: span.Ref{Root: 1, ID: s.id}, Parent: parent}
}

func (s *scene) starts(with func(spans.StartSpan)) {
	one := s.StartStart(s.begin(0), "leader-1")
	with(one)
	one.End()
}

func (s *scene) chooses(slot protocol.Slot) (id uint64) {
	s.StartChosen(s.begin(0), leading, slot, kv.Noop{}, []string{"acceptor-1", "acceptor-3"}, 2).End()
	return s.id
}

func (s *scene) applies(parent uint64, slot protocol.Slot, sequence kv.Sequence) {
	who := spans.Learner{Process: "leader-1", ChosenSlot: slot}
	one := s.StartApply(s.begin(parent), who, slot, kv.Put{Key: "a", Value: "x"}, kv.Stored{}.String())
	one.SetRequestID(kv.RequestID{Client: 1, Sequence: sequence})
	one.End()
}

var leading = spans.Proposer{
	Process: "leader-1", Ballot: protocol.Ballot{Round: 2, Leader: 1}, Role: protocol.RoleLeading,
}

// told is the story of what a scene plays, without times and ids.
func told(t *testing.T, play func(*scene)) string {
	t.Helper()
	lines := story.New(paxosstory.Protocol())
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	world := worldspans.NewTracer(recorder, "world", 1, tracetest.Epoch)
	world.Follow(&tracetest.Clock{})
	world.StartRun(span.Begin{Self: span.Ref{Root: 999, ID: 999}}, "", "", "", 0).End()
	clock := &tracetest.Clock{}
	s := &scene{Tracer: spans.NewTracer(recorder, "leader-1", 1, tracetest.Epoch), clock: clock}
	s.Follow(clock)
	play(s)
	var b bytes.Buffer
	if err := lines.Write(&b, story.Plain); err != nil {
		t.Fatal(err)
	}
	text := ""
	for line := range strings.Lines(b.String()) {
		if _, said, is := strings.Cut(line, "leader-1 "); is && !strings.HasPrefix(line, "──") {
			text += strings.TrimSpace(said)[len("0000000000000001"):]
		}
		text += "\n"
	}
	return text
}

// TestStoryLines plays what needs more than one sentence about one span.
func TestStoryLines(t *testing.T) {
	for want, play := range map[string]func(*scene){
		"starting again, was leading, began round 2, knows what is chosen up to slot 7": func(s *scene) {
			s.starts(func(spans.StartSpan) {})
			s.starts(func(one spans.StartSpan) {
				one.SetRoleBefore(protocol.RoleLeading)
				one.SetRound(2)
				one.SetChosenSlot(7)
			})
		},
		"starting again, promised ballot 2.1, accepted 1 slot": func(s *scene) {
			s.starts(func(spans.StartSpan) {})
			s.starts(func(one spans.StartSpan) {
				one.SetPromised(leading.Ballot)
				one.SetAcceptedCount(1)
			})
		},
		`adopting slot 3: PUT "a" = "x", which a promise told of`: func(s *scene) {
			one := s.StartRoleChange(s.begin(0), leading, protocol.RolePreparing, protocol.RoleEventMajorityPromised)
			one.Propose(3, kv.Put{Key: "a", Value: "x"}, protocol.SourceAdopted)
			one.End()
		},
		"filling slot 4 with a no-op: no promise told of a value": func(s *scene) {
			one := s.StartRoleChange(s.begin(0), leading, protocol.RolePreparing, protocol.RoleEventMajorityPromised)
			one.Propose(4, kv.Noop{}, protocol.SourceNoop)
			one.End()
		},
		`assigning slot 5: GET "a"`: func(s *scene) {
			one := s.StartGetServer(s.begin(0), leading, "client-1", kv.RequestID{Client: 1, Sequence: 2})
			one.Propose(5, kv.Get{Key: "a"}, protocol.SourceClient)
			one.End("Answered")
		},
		"slot 5 waits for slot 3": func(s *scene) {
			who := spans.Learner{Process: "leader-1", ChosenSlot: 2}
			s.StartCommitConsumer(s.begin(0), who, "leader-2", leading.Ballot, 5, kv.Noop{}).End()
		},
		`applied result PUT "a" = "x" -> OK`: func(s *scene) { s.applies(s.chooses(1), 1, 1) },
		`slot 2: PUT "a" = "x" -> OK`: func(s *scene) {
			s.chooses(1)
			s.applies(0, 2, 1)
		},
		`slot 2: PUT "a" = "x" -> OK (a retry: as at first)`: func(s *scene) {
			s.applies(0, 1, 1)
			s.applies(0, 2, 1)
		},
	} {
		t.Run(want, func(t *testing.T) {
			if text := told(t, play); !strings.Contains(text, "  "+want+"\n") {
				t.Errorf("the story does not say it, but\n%s", text)
			}
		})
	}
}

// TestStoryFoldsSlots has a learner apply many slots at once: they have one line.
func TestStoryFoldsSlots(t *testing.T) {
	text := told(t, func(s *scene) {
		for slot := range protocol.Slot(3) {
			s.applies(0, slot+1, kv.Sequence(slot+1))
			s.id--
		}
	})
	if !strings.Contains(text, "applied slots 1 to 3") {
		t.Errorf("three slots that are applied at once are told as\n%s", text)
	}
}

// TestStoryKnowsEverySpan finds spans that are told by their names, as those of another protocol are.
func TestStoryKnowsEverySpan(t *testing.T) {
	p := paxosstory.Protocol()
	for i := range p.Specs {
		spec := &p.Specs[i]
		lines := story.New(p)
		lines.Add(&traces.Span{
			ID: 1, Root: 1, Name: spec.Name, Kind: spec.Kind, Service: "leader-1", Start: tracetest.Epoch,
			End: tracetest.Epoch,
		})
		var b bytes.Buffer
		if err := lines.Write(&b, story.Plain); err != nil || strings.Contains(b.String(), spec.Name) {
			t.Errorf("a span %s is told as\n%s%s", spec.ID, &b, fmt.Sprint(err))
		}
	}
}
