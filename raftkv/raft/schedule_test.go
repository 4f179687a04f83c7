package raft_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

var oneSeed = flag.Uint64("seed", 0, "TestSchedules: run the schedule of this seed only, and show it")

// TestSchedules runs clusters through schedules drawn from a seed: messages arrive in any order, twice, very late or
// never, servers crash and restart, requests are given up whether lost or not, timers run out at any time. The
// properties of safety_test.go must hold after every step. Then all of it stops, and within a bounded number of
// elections there must be one leader, and all servers must have applied all that it has.
func TestSchedules(t *testing.T) {
	if *oneSeed > 0 {
		s := newSchedule(*oneSeed)
		s.report = func(at kv.NodeID, effect protocol.Effect) { t.Log(describeEffect(at, effect)) }
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
		return
	}
	seeds := race.Fewer(12_000, 500)
	var seen safety
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		s := newSchedule(seed)
		if problem := s.run(); problem != "" {
			t.Fatalf("seed %d: %s\nto see it: go test ./raftkv/raft -run TestSchedules -v -seed %d", seed, problem, seed)
		}
		seen.elections += s.safety.elections
		seen.conflicts += s.safety.conflicts
		seen.inherited += s.safety.inherited
		seen.notified += s.safety.notified
	}
	// Each of these must have happened often, or the schedules prove little.
	if seen.elections < 4*seeds || seen.conflicts < seeds/2 || seen.inherited < seeds || seen.notified < 4*seeds {
		t.Errorf("in %d schedules only %d elections, %d conflicts, %d commits of inherited entries, %d commits by notification",
			seeds, seen.elections, seen.conflicts, seen.inherited, seen.notified)
	}
}

// schedule is one of them.
type schedule struct {
	*cluster
	random   uint64
	config   raft.Config
	steps    int
	chance   chances
	answers  map[kv.RequestID]kv.Result
	sequence [4]kv.Sequence // by client
	clients  safetyOfClients
	late     []envelope // messages that are kept back, until others have led
}

// chances are drawn anew for each schedule, so that some are quiet and some are wild. Each is out of 1,000.
type chances struct {
	lose, copy, crash, restart, election, heartbeat, command, giveUp uint64
	keepBack, deliverLate                                            uint64
}

// safetyOfClients is ExactlyOnce: whoever answers an operation gives the same answer.
type safetyOfClients struct{ problem string }

func newSchedule(seed uint64) *schedule {
	s := &schedule{random: seed, answers: make(map[kv.RequestID]kv.Result)}
	size := []int{1, 2, 3, 3, 3, 4, 5, 5}[s.below(8)]
	s.config = raft.Config{
		MaxEntries: 1 + int(s.below(3)), MaxInFlight: 1 + int(s.below(3)),
		NoopOnElection: s.below(2) == 0, Heartbeats: s.below(4) > 0,
	}
	s.steps = 200 + int(s.below(800))
	s.chance = chances{
		lose: s.below(150), copy: s.below(100), crash: s.below(15), restart: 100, election: 5 +
			s.below(60), heartbeat: s.below(60), command: 20 + s.below(100), giveUp: s.below(100),
		keepBack: s.below(50), deliverLate: s.below(15),
	}
	s.cluster = newCluster(size, s.config)
	s.answer = s.checkAnswer
	return s
}

// next is SplitMix64.
func (s *schedule) next() uint64 {
	s.random += 0x9e3779b97f4a7c15
	x := s.random
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (s *schedule) below(n uint64) uint64 { return s.next() % n }

func (s *schedule) anyServer() kv.NodeID {
	return kv.NodeID(1 + s.below(uint64(len(s.servers)-1)))
}

// run returns what went wrong.
func (s *schedule) run() string {
	for range s.steps {
		s.anything()
		if problem := s.problem(); problem != "" {
			return problem
		}
	}
	return s.heal()
}

func (s *schedule) problem() string {
	if len(s.safety.violations) > 0 {
		return strings.Join(s.safety.violations, "\n") + "\n" + describeLogs(s.cluster)
	}
	return s.clients.problem
}

// anything does one of the things that may happen.
func (s *schedule) anything() {
	dice := s.below(1000)
	happens := func(chance uint64) bool {
		if dice < chance {
			dice = 1000
			return true
		}
		dice -= min(chance, dice)
		return false
	}
	server := s.anyServer()
	switch {
	case happens(s.chance.crash):
		s.crash(server)
	case happens(s.chance.restart):
		if !s.servers[server].up {
			s.restart(server)
		}
	case happens(s.chance.election):
		s.step(server, protocol.ElectionTimeout{})
	case happens(s.chance.heartbeat):
		if s.config.Heartbeats {
			s.step(server, protocol.HeartbeatTimeout{})
		}
	case happens(s.chance.command):
		s.command(server)
	case happens(s.chance.giveUp):
		s.giveUpAny()
	case len(s.late) > 0 && happens(s.chance.deliverLate):
		i := int(s.below(uint64(len(s.late))))
		s.bag = append(s.bag, s.late[i])
		s.late = slices.Delete(s.late, i, i+1)
		s.deliver(len(s.bag) - 1)
	case len(s.bag) == 0:
	case happens(s.chance.keepBack):
		s.late = append(s.late, s.takeOut(int(s.below(uint64(len(s.bag))))))
	case happens(s.chance.lose):
		s.lose(int(s.below(uint64(len(s.bag)))))
	case happens(s.chance.copy):
		s.bag = append(s.bag, s.bag[s.below(uint64(len(s.bag)))])
	default:
		s.deliver(int(s.below(uint64(len(s.bag)))))
	}
}

// command has a client ask for something new, or again for the last.
func (s *schedule) command(server kv.NodeID) {
	client := kv.ClientID(1 + s.below(3))
	if s.below(3) > 0 || s.sequence[client] == 0 {
		s.sequence[client]++
	}
	request := kv.RequestID{Client: client, Sequence: s.sequence[client]}
	key := string(rune('a' + request.Sequence%3))
	var message kv.Message
	switch request.Sequence % 5 {
	case 0, 1:
		message = kv.ClientPut{Request: request, Key: key, Value: request.String()}
	case 2, 3:
		message = kv.ClientGet{Request: request, Key: key}
	case 4:
		message = kv.ClientDelete{Request: request, Key: key}
	}
	s.step(server, protocol.Request{Message: message})
}

// checkAnswer looks at what the state machine answers: the first answer, however often an operation is in the log. An
// operation that is over is not answered again.
func (s *schedule) checkAnswer(at kv.NodeID, request kv.RequestID, _ kv.Command, result kv.Result) {
	if result == (kv.Nothing{}) {
		return
	}
	if first, ok := s.answers[request]; ok && first != result {
		s.clients.problem = fmt.Sprintf("ExactlyOnce at %v: %v is answered %v, and was %v", at, request, result, first)
	}
	s.answers[request] = result
}

// giveUpAny gives up a lost request, or one that is on its way yet.
func (s *schedule) giveUpAny() {
	if len(s.lost) > 0 && s.below(2) == 0 {
		s.giveUp(int(s.below(uint64(len(s.lost)))))
		return
	}
	if len(s.bag) == 0 {
		return
	}
	if e := s.bag[s.below(uint64(len(s.bag)))]; isCall(e.message) {
		s.step(e.from, protocol.RPCTimeout{Peer: e.to, Request: e.message})
	}
}

// heal ends all faults and asks for Progress.
func (s *schedule) heal() string {
	s.bag, s.late = append(s.bag, s.late...), nil
	size := len(s.servers) - 1
	for id := 1; id <= size; id++ {
		if !s.servers[id].up {
			s.restart(kv.NodeID(id))
		}
	}
	for round := range 6 * size {
		if s.leader() == nil {
			s.step(kv.NodeID(1+round%size), protocol.ElectionTimeout{})
		}
		s.settle()
		if leader := s.leader(); leader != nil {
			if s.config.Heartbeats {
				s.step(leader.id, protocol.HeartbeatTimeout{})
			}
			if s.state(leader.id).CommitIndex < protocol.LogIndex(len(leader.entries)) || !s.config.Heartbeats {
				s.command(leader.id)
			}
			s.settle()
			if s.config.Heartbeats {
				s.step(leader.id, protocol.HeartbeatTimeout{})
				s.settle()
			}
		}
		if problem := s.problem(); problem != "" {
			return problem
		}
		if s.agreed() {
			return ""
		}
	}
	return fmt.Sprintf("Progress: no agreement in %d elections\n%s", 6*size, describeLogs(s.cluster))
}

// settle delivers everything, and gives up everything that was lost, until there is nothing.
func (s *schedule) settle() {
	for limit := 20_000; limit > 0 && len(s.bag)+len(s.lost) > 0; limit-- {
		if len(s.bag) > 0 {
			s.deliver(0)
		} else {
			s.giveUp(0)
		}
	}
	if len(s.bag) > 0 {
		s.clients.problem = "messages without end"
	}
}

// agreed says whether all follow one leader and have applied its whole log.
func (s *schedule) agreed() bool {
	leader := s.leader()
	if leader == nil {
		return false
	}
	for _, other := range s.servers[1:] {
		state := s.state(other.id)
		if state.CurrentTerm != s.state(leader.id).CurrentTerm || state.LeaderID != leader.id ||
			int(state.LastApplied) != len(leader.entries) {
			return false
		}
	}
	return true
}
