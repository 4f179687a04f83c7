package sim_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// step is one message or timer handled, with all that the world had to do with it.
type step struct {
	Process    world.ProcessID
	Began, End time.Duration
	ID         world.CausalID
	Copy       uint32
	Sent       []world.CausalID
	Fates      []world.Fate
}

// gossip is a toy protocol: every few milliseconds, as drawn for it, a process tells one of its two neighbours a
// rumour, which goes some processes further; each sends word back. A process that hears nothing for a while tells one
// out of turn.
type gossip struct {
	world.World
	id       world.ProcessID
	of       uint32
	steps    *[]step
	step     step
	round    uint64
	silence  world.TimerHandle
	silences uint64
}

var nameRumour, nameBack, nameRound, nameSilence, nameNeighbour = world.NameOf("rumour"), world.NameOf("back"),
	world.NameOf("round"),
	world.NameOf("silence"), world.NameOf("neighbour")

func (g *gossip) ID() world.ProcessID { return g.id }
func (g *gossip) Crash()              { g.silence = 0 }
func (g *gossip) Restart()            { g.setRound() }
func (g *gossip) Finish()             {}

func (g *gossip) Start(w world.World) {
	g.World = w
	g.setRound()
}

func (g *gossip) setRound() {
	g.round++
	id := world.RootID(g.id, nameRound, g.round, 0)
	r := world.Range{Min: 4 * ms, Max: 30 * ms}
	g.SetTimer(0, world.Timer{Kind: roundTimer, ID: id}, r.Pick(g.Random(nameRound, id)))
}

func (g *gossip) tell(cause world.CausalID, hops int) {
	side := uint32(g.Random(nameNeighbour, cause) % 2 * uint64(g.of-2))
	to := node((g.id.Number()+side)%g.of + 1)
	g.send(world.Envelope{ID: cause.Child(nameRumour, g.id, to, 0, 0), Root: cause, To: to, Payload: hops})
}

func (g *gossip) send(e world.Envelope) {
	g.step.Sent = append(g.step.Sent, e.ID)
	g.step.Fates = append(g.step.Fates, g.Send(e))
}

func (g *gossip) Receive(e world.Envelope) {
	g.step = step{Process: g.id, Began: sim.Began(g.World), End: g.Now(), ID: e.ID, Copy: e.Copy}
	g.silences++
	id := world.RootID(g.id, nameSilence, g.silences, 0)
	g.silence = g.SetTimer(g.silence, world.Timer{Kind: silenceTimer, ID: id}, 60*ms)
	if hops := e.Payload.(int); hops >= 0 {
		g.send(world.Envelope{
			ID: e.ID.Child(nameBack, g.id, e.From, 0, e.Copy), Root: e.Root, To: e.From, InReplyTo: e.ID,
			Payload: -1,
		})
		if hops > 0 {
			g.tell(e.ID.Child(nameRumour, g.id, 0, 0, e.Copy), hops-1)
		}
	}
	*g.steps = append(*g.steps, g.step)
}

func (g *gossip) Timeout(t world.Timer) {
	g.step = step{Process: g.id, Began: sim.Began(g.World), End: g.Now(), ID: t.ID}
	g.tell(t.ID, 2)
	if t.Kind == roundTimer {
		g.setRound()
	}
	*g.steps = append(*g.steps, g.step)
}

const gossips = 16

func gossipConfig() sim.Config {
	return sim.Config{
		Seed: 11, Latency: world.Range{Min: 1 * ms, Max: 5 * ms}, StepTime: world.Range{
			Min: 50 * time.Microsecond,
			Max: 150 * time.Microsecond,
		},
		Loss: 0.05, Duplicate: 0.05, MaxDuration: 120 * ms,
	}
}

func runGossip(t *testing.T, c sim.Config, change func(*sim.Sim)) (steps []step, outcome sim.Outcome) {
	t.Helper()
	s := sim.New(c)
	for i := range uint32(gossips) {
		s.Add(&gossip{id: node(i + 1), of: gossips, steps: &steps})
	}
	if change != nil {
		change(s)
	}
	return steps, run(t, s)
}
