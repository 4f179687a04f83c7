package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

const ms = time.Millisecond

func node(number uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, number) }

// diary is what the processes of a run write down, in the order in which it happens.
type diary struct{ lines []string }

func (d *diary) write(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// is fails the test unless the diary has exactly these lines.
func (d *diary) is(t *testing.T, want string) {
	t.Helper()
	got := strings.Join(d.lines, "\n")
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("what happened (-want +got):\n%s", diff)
	}
}

func lines(text string) []string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// probe is a process that writes down all that happens to it, and does what a test tells it to.
type probe struct {
	world.World
	id      world.ProcessID
	diary   *diary
	start   func(*probe)
	receive func(*probe, world.Envelope)
	timeout func(*probe, world.Timer)
	restart func(*probe)
	finish  func(*probe)
}

func (p *probe) ID() world.ProcessID { return p.id }

func (p *probe) Start(w world.World) {
	p.World = w
	if p.start != nil {
		p.start(p)
	}
}

func (p *probe) Receive(e world.Envelope) {
	p.diary.write("%s..%s %s receives %d copy %d from %s", sim.Began(p.World), p.Now(), p.id, e.ID, e.Copy, e.From)
	if p.receive != nil {
		p.receive(p, e)
	}
}

func (p *probe) Timeout(timer world.Timer) {
	p.diary.write("%s..%s %s timer %d", sim.Began(p.World), p.Now(), p.id, timer.ID)
	if p.timeout != nil {
		p.timeout(p, timer)
	}
}

func (p *probe) Crash() { p.diary.write("%s %s crashes", p.Now(), p.id) }

func (p *probe) Restart() {
	p.diary.write("%s %s restarts", p.Now(), p.id)
	if p.restart != nil {
		p.restart(p)
	}
}

func (p *probe) Finish() {
	p.diary.write("%s %s finishes", p.Now(), p.id)
	if p.finish != nil {
		p.finish(p)
	}
}

func (p *probe) send(id world.CausalID, to world.ProcessID) world.Fate {
	return p.Send(world.Envelope{ID: id, Root: id, To: to})
}

func crashAt(s *sim.Sim, at time.Duration, p world.ProcessID) { s.At(at, 0, func() { s.Crash(p) }) }

func restartAt(s *sim.Sim, at time.Duration, p world.ProcessID) { s.At(at, 0, func() { s.Restart(p) }) }

// steady is a network and processes without any chance: 10ms for each message, 2ms for each step.
func steady() sim.Config {
	return sim.Config{Latency: world.Range{Min: 10 * ms, Max: 10 * ms}, StepTime: world.Range{Min: 2 * ms, Max: 2 * ms}}
}

func run(t *testing.T, s *sim.Sim) sim.Outcome {
	t.Helper()
	outcome, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// pair is a world with two probes, node-1 and node-2.
func pair(c sim.Config) (s *sim.Sim, d *diary, one, two *probe) {
	s, d = sim.New(c), &diary{}
	one, two = &probe{id: node(1), diary: d}, &probe{id: node(2), diary: d}
	s.Add(one)
	s.Add(two)
	return s, d, one, two
}

func outcomeIs(t *testing.T, got, want sim.Outcome) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
}
