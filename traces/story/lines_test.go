package story_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// scene opens spans for the lines of a story that a run seldom has: from 1 ms on, to 2 ms.
type scene struct {
	world  worldspans.Tracer // as node-1
	client kvspans.Tracer
	id     uint64
}

func (s *scene) begin() span.Begin {
	s.id++
	return span.Begin{Self: span.Ref{Root: 1, ID: s.id}, Parent: 1}
}

// beginRun records the span of the run itself, which began at 0 ms.
func beginRun(recorder *record.Recorder) {
	tracer := worldspans.NewTracer(recorder, "world", 1, tracetest.Epoch)
	tracer.Follow(&tracetest.Clock{})
	tracer.StartRun(span.Begin{Self: span.Ref{Root: 9, ID: 9}}, "", "", "", 0).End()
}

func TestStoryLines(t *testing.T) {
	request := kv.RequestID{Client: 2, Sequence: 3}
	for want, play := range map[string]func(s *scene){
		"1.000ms  node-1    VIOLATION of ElectionSafety: At most one leader.": func(s *scene) {
			s.world.StartViolation(s.begin(), "ElectionSafety", []string{"one", "other"}).Fail("violation",
				"At most one leader.")
		},
		"1.000ms  node-1    FAULT: node-1 crashes": func(s *scene) {
			s.world.StartFault(s.begin(), worldspans.FaultCrash, "node-1", "40ms").End()
		},
		"1.000ms  node-1    FAULT: everything is healed (as index 4 commits)": func(s *scene) {
			s.world.StartFault(s.begin(), worldspans.FaultHeal, "all", "index 4 commits").End()
		},
		"1.000ms  node-1    FAULT: the network parts: node-1 | node-2 node-3": func(s *scene) {
			s.world.StartFault(s.begin(), worldspans.FaultPartition, "node-1 | node-2 node-3", "40ms").End()
		},
		"1.000ms  node-1    FAULT: what node-1 sends to node-2, node-3 is lost; the other way is open": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultPartition, "node-1 | node-2 node-3", "40ms")
			span.SetFaultOneWay(true)
			span.End()
		},
		"1.000ms  node-1    FAULT: what node-1, node-2 send to node-3 is lost; the other way is open": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultPartition, "node-1 node-2 | node-3", "40ms")
			span.SetFaultOneWay(true)
			span.End()
		},
		"1.000ms  node-1    FAULT: the clock of node-1 jumps back by 40ms": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultSkew, "node-1", "40ms")
			span.SetFaultBy(-40 * time.Millisecond)
			span.End()
		},
		"1.000ms  node-1    FAULT: the clock of node-1 runs at 1.5 times the true pace": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultSkew, "node-1", "40ms")
			span.SetFaultRatePermille(1500)
			span.End()
		},
		"1.000ms  node-1    FAULT: node-1 is slow: each step takes 5ms longer": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultSlow, "node-1", "40ms")
			span.SetFaultBy(5 * time.Millisecond)
			span.End()
		},
		"1.000ms  node-1    FAULT: node-1 crashes in the middle of a write, and the disk keeps a part of the record": func(s *scene) {
			span := s.world.StartFault(s.begin(), worldspans.FaultLoseUnsynced, "node-1", "40ms")
			span.SetFaultTorn(true)
			span.End()
		},
		"1.000ms  node-1      but other": func(s *scene) {
			s.world.StartViolation(s.begin(), "ElectionSafety", []string{"one", "other"}).Fail("violation",
				"At most one leader.")
		},
		"2.000ms  client-2  no answer from node-1: Get given up (timeout)": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").Fail("timeout", "")
		},
		"1.000ms  client-2  asks node-1 (try 2)": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 2, "node-1").Unfinished()
		},
		"2.000ms  client-2  node-1 is not the leader: node-3 is": func(s *scene) {
			span := s.client.StartGetClient(s.begin(), request, 1, "node-1")
			span.SetLeaderID("node-3")
			span.End("NotLeader")
		},
		"2.000ms  client-2  node-1 is not the leader, and knows none": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").End("NotLeader")
		},
		"2.000ms  client-2  node-1 does not know the outcome": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").End("OutcomeUnknown")
		},
		`2.000ms  client-2  request 3: PUT "b" = "val_84" -> OK`: func(s *scene) {
			s.client.StartKVPut(s.begin(), request, "b", "val_84").End(kv.Stored{}.String())
		},
		`2.000ms  client-2  request 3: PUT "b" = "val_84" -> REJECTED (key exists)`: func(s *scene) {
			s.client.StartKVPut(s.begin(), request, "b", "val_84").End(kv.KeyExists{Key: "b"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> NOT FOUND`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(kv.KeyNotFound{Key: "e"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> "ok"`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(kv.Found{Value: "ok"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> FAILED (replication failed)`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(kv.ReplicationFailed{}.String())
		},
		`2.000ms  client-2  request 3: DELETE "e\n\x1b[31m" -> OK`: func(s *scene) {
			s.client.StartKVDelete(s.begin(), request, "e\n\x1b[31m").End(kv.Deleted{}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> no answer when the run ended`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").Unfinished()
		},
		`2.000ms  client-2  request 3: GET "e" -> no answer (crash)`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").Fail("crash", "")
		},
	} {
		t.Run(want, func(t *testing.T) {
			lines := story.New(raftstory.Protocol())
			recorder := record.NewRecorder(record.RecorderOptions{}, lines)
			beginRun(recorder)
			s := &scene{
				world:  worldspans.NewTracer(recorder, "node-1", 1, tracetest.Epoch),
				client: kvspans.NewTracer(recorder, "client-2", 1, tracetest.Epoch), id: 0xabc,
			}
			clock := &tracetest.Clock{Begins: time.Millisecond, Happens: 1500 * time.Microsecond, Ends: 2 * time.Millisecond}
			s.world.Follow(clock)
			s.client.Follow(clock)
			play(s)
			text := tell(t, lines, story.Plain)
			for line := range strings.Lines(text) {
				front, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " 0000000000000abd  ")
				if at, process, _ := strings.Cut(strings.TrimSpace(front), " "); fmt.Sprintf("%s  %-9s %s", at, process,
					said) == want {
					return
				}
			}
			t.Errorf("the story has no line\n\t%s\nbut is\n%s", want, text)
		})
	}
}
