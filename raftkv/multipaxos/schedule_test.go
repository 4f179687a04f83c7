package multipaxos_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world/race"
)

var (
	oneSeed = flag.Uint64("seed", 0, "TestSchedules: run the schedule of this seed only, and show it")
	oneBug  = flag.String("bug", "", "TestSchedules: with this bug")
)

// TestSchedules runs clusters through schedules drawn from a seed: messages arrive in any order, twice, very late or
// never, processes crash and restart, requests are given up whether lost or not, timers run out at any time. The
// properties of safety_test.go must hold after every step. Then all of it stops, and within a bounded number of ballots
// one leader must lead, and all leaders and replicas must have applied all that is chosen.
func TestSchedules(t *testing.T) {
	if *oneSeed > 0 {
		bug, known := multipaxos.BugNamed(*oneBug)
		if !known {
			t.Fatalf("there is no bug %q", *oneBug)
		}
		s := newSchedule(*oneSeed, bug)
		s.report = func(at protocol.Process, effect protocol.Effect) { t.Logf("%v: %v", at, effect) }
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
		return
	}
	seeds := race.Fewer(3_000, 300)
	var seen safety
	for seed := uint64(1); seed <= uint64(seeds); seed++ {
		s := newSchedule(seed, multipaxos.BugNone)
		if problem := s.run(); problem != "" {
			t.Fatalf("seed %d: %s\nto see it: go test ./raftkv/multipaxos -run TestSchedules -v -seed %d", seed, problem,
				seed)
		}
		seen.ballots += s.safety.ballots
		seen.preempted += s.safety.preempted
		seen.adopted += s.safety.adopted
		seen.noops += s.safety.noops
		seen.caughtUp += s.safety.caughtUp
		seen.refused += s.safety.refused
	}
	// Each of these must have happened often, or the schedules prove little.
	if seen.ballots < 4*seeds || seen.preempted < seeds || seen.adopted < 2*seeds || seen.noops < seeds/10 ||
		seen.caughtUp < seeds || seen.refused < seeds {
		t.Errorf("in %d schedules only %d ballots, %d preempted, %d values adopted, %d no-ops, %d times asked "+
			"for what was missing, %d refusals", seeds, seen.ballots, seen.preempted, seen.adopted, seen.noops,
			seen.caughtUp, seen.refused)
	}
}

// TestSchedulesFindEveryBug wants each bug to be found within a few schedules, and by what is said to catch it.
func TestSchedulesFindEveryBug(t *testing.T) {
	const most = 2000
	for _, bug := range multipaxos.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			for seed := uint64(1); seed <= most; seed++ {
				problem := newSchedule(seed, bug.Bug).run()
				if problem == "" {
					continue
				}
				name, _, _ := strings.Cut(strings.TrimSuffix(strings.Fields(problem)[0], ":"), " ")
				if !slices.Contains(bug.CaughtBy, protocol.InvariantName(name)) {
					t.Errorf("seed %d finds it by %s, and not by one of %v:\n%s", seed, name, bug.CaughtBy, problem)
				}
				return
			}
			t.Errorf("%d schedules do not find it", most)
		})
	}
}

// TestBugsBreakTheStore wants of each bug that it is no mere breach of a rule: with nothing but its outcome looked at,
// two values are chosen in a slot, or stores differ, within a few more schedules.
func TestBugsBreakTheStore(t *testing.T) {
	const most = 20_000
	outcomes := []protocol.InvariantName{
		protocol.InvariantAgreement, protocol.InvariantSameOrder, protocol.InvariantSameStore,
		protocol.InvariantExactlyOnce, protocol.InvariantProgress,
	}
	for _, bug := range multipaxos.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			for seed := uint64(1); seed <= most; seed++ {
				s := newSchedule(seed, bug.Bug)
				s.safety.only = outcomes
				if s.run() != "" {
					return
				}
			}
			t.Errorf("%d schedules do no harm", most)
		})
	}
}

// schedule is one of them.
type schedule struct {
	*cluster
	random   uint64
	steps    int
	chance   chances
	sequence [4]kv.Sequence // by client
	late     []envelope     // messages that are kept back, until others have led
	endless  string
}

// chances are drawn anew for each schedule, so that some are quiet and some are wild. Each is out of 1,000.
type chances struct {
	lose, copy, crash, restart, suspicion, heartbeat, catchUp, command, giveUp uint64
	keepBack, deliverLate                                                      uint64
}

func newSchedule(seed uint64, bug multipaxos.Bug) *schedule {
	s := &schedule{random: seed}
	config := multipaxos.Config{
		Acceptors: []int{1, 2, 3, 3, 3, 3, 4, 5}[s.below(8)], Leaders: []int{1, 2, 2, 3}[s.below(4)],
		Replicas: 1 + int(s.below(3)), Window: 1 + int(s.below(4)), MaxValues: 1 + int(s.below(3)),
		Heartbeats: s.below(4) > 0, Bug: bug,
	}
	s.steps = 200 + int(s.below(800))
	s.chance = chances{
		lose: s.below(150), copy: s.below(100), crash: s.below(15), restart: 100, suspicion: 5 + s.below(40),
		heartbeat: s.below(40), catchUp: s.below(60), command: 20 + s.below(100), giveUp: s.below(100),
		keepBack: s.below(50), deliverLate: s.below(15),
	}
	s.cluster = newCluster(config)
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

func (s *schedule) anyone() *member { return s.members[s.below(uint64(len(s.members)))] }

func (s *schedule) anyLeader() protocol.Process {
	return leader(1 + int(s.below(uint64(s.config.Leaders))))
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
		return strings.Join(s.safety.violations, "\n")
	}
	return s.endless
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
	one := s.anyone()
	switch {
	case happens(s.chance.crash):
		s.crash(one.id)
	case happens(s.chance.restart):
		if !one.up {
			s.restart(one.id)
		}
	case happens(s.chance.suspicion):
		s.timeout(s.member(s.anyLeader()), protocol.TimerSuspicion)
	case happens(s.chance.heartbeat):
		s.timeout(s.member(s.anyLeader()), protocol.TimerHeartbeat)
	case happens(s.chance.catchUp):
		s.timeout(one, protocol.TimerCatchUp)
	case happens(s.chance.command):
		s.command(s.anyLeader())
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

// timeout has a timer run out, if it runs.
func (s *schedule) timeout(m *member, timer protocol.Timer) {
	if !m.timers[timer] {
		return
	}
	s.step(m.id, map[protocol.Timer]protocol.Input{
		protocol.TimerSuspicion: protocol.SuspicionTimeout{}, protocol.TimerHeartbeat: protocol.HeartbeatTimeout{},
		protocol.TimerCatchUp: protocol.CatchUpTimeout{},
	}[timer])
}

// command has a client ask for something new, or again for the last.
func (s *schedule) command(at protocol.Process) {
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
	s.step(at, protocol.Request{Message: message})
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
		s.step(e.from, protocol.RPCTimeout{To: e.to, Request: e.message})
	}
}

// heal ends all faults and asks for Progress.
func (s *schedule) heal() string {
	s.bag, s.late = append(s.bag, s.late...), nil
	for _, m := range s.members {
		if !m.up {
			s.restart(m.id)
		}
	}
	rounds := 6 * (s.config.Leaders + 1)
	for round := range rounds {
		if s.leading() == nil {
			s.timeout(s.member(leader(1+round%s.config.Leaders)), protocol.TimerSuspicion)
		}
		s.settle()
		for _, m := range s.of(protocol.KindLeader) {
			s.timeout(m, protocol.TimerHeartbeat)
			if !s.config.Heartbeats || int(m.process.State().Applied) < len(s.safety.chosen) {
				s.command(m.id) // who leads in a ballot that is over hears of it, and what is chosen in secret is found
			}
		}
		s.settle()
		for _, m := range s.members {
			s.timeout(m, protocol.TimerCatchUp)
		}
		s.settle()
		if problem := s.problem(); problem != "" {
			return problem
		}
		if s.agreed() {
			return ""
		}
	}
	return fmt.Sprintf("Progress: no agreement in %d rounds\n%s", rounds, describe(s.cluster))
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
		s.endless = "messages without end"
	}
}

// agreed says whether one leader leads, nothing that it proposed is left, and all have applied all that is chosen.
func (s *schedule) agreed() bool {
	leading := s.leading()
	if leading == nil || len(leading.process.State().Pending) > 0 {
		return false
	}
	last := protocol.Slot(len(s.safety.chosen))
	for _, m := range s.members {
		state := m.process.State()
		if m.id.Kind != protocol.KindAcceptor && state.Applied != last ||
			m.id.Kind == protocol.KindLeader && m != leading && state.Role != protocol.RoleStandby {
			return false
		}
	}
	return true
}

// describe shows every process's state.
func describe(c *cluster) string {
	var out strings.Builder
	for _, m := range c.members {
		fmt.Fprintf(&out, "%v: %v\n", m.id, m.process.State())
	}
	return out.String()
}
