package cluster

import (
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Checks are what the checks of a run came to.
type Checks struct {
	Invariants int              // how many were asked for after each event; 0 when nobody checked
	Events     uint64           // after which they were
	Violation  *check.Violation // what did not hold, where the run stopped; nil if everything held
	Sometimes  check.Counts     // what happened of what should happen in some runs
	Figures    check.Figures
}

// noServer stands for the process in the id of a violation that was no server's event.
var noServer = world.NewProcessID(world.NodeGroup, 0)

var nameViolation = world.NameOf(worldspans.ViolationName)

func (cl *Cluster) now() time.Duration { return cl.sim.Now() }

// traceViolation opens and ends the span of a violation, named by what it is and whose event it was.
func traceViolation(tracer worldspans.Tracer, v *check.Violation) {
	process := v.Server
	if process == 0 {
		process = noServer
	}
	id := uint64(world.RootID(process, nameViolation, uint64(world.NameOf(v.Invariant.Name)), 0))
	begin := span.Begin{Self: span.Ref{Root: id, ID: id}}
	tracer.StartViolation(begin, v.Invariant.Name, v.Facts[:]).Fail(worldspans.ErrorTypeViolation, v.Invariant.Doc)
}

// worst is how long a message between servers takes at most, and how likely one does not arrive in time: of links that
// differ, the worst.
func worst(c *config.Config) (latency time.Duration, lost float64) {
	latency, lost = c.Network.Latency.Max, lostOrLate(c.Network.Loss, c.Network.Late)
	for _, l := range c.Links {
		if isServer(l.From) && isServer(l.To) {
			latency = max(latency, l.Latency.Max)
			lost = max(lost, lostOrLate(l.Loss, l.Late))
		}
	}
	return latency, lost
}

// isServer says whether a process is no client.
func isServer(p world.ProcessID) bool { return p.Group() != world.ClientGroup }

// lostOrLate is how likely it is that a message does not arrive in time.
func lostOrLate(loss, late float64) float64 { return 1 - float64((1-loss)*(1-late)) }

func (cl *Cluster) watchClient(c *client.Client) world.Process {
	if cl.checker == nil {
		return c
	}
	return cl.checker.Client(c)
}

// checks ends the checks with what can only be said when the run is over.
func (cl *Cluster) checks(outcome sim.Outcome) Checks {
	if cl.checker == nil {
		return Checks{}
	}
	cl.checker.End(outcome.Finished)
	return Checks{
		Invariants: len(cl.protocol.Invariants), Events: cl.checker.Events(), Violation: cl.checker.Violation(),
		Sometimes: cl.checker.Counts(), Figures: *cl.checker.Figures(),
	}
}
