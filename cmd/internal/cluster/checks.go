package cluster

import (
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Checks are what the checks of a run came to.
type Checks struct {
	Invariants int                   // how many were asked for after each event; 0 when nobody checked
	Events     uint64                // after which they were
	Violation  *invariants.Violation // what did not hold, where the run stopped; nil if everything held
	Sometimes  invariants.Sometimes  // what happened of what should happen in some runs
	Figures    invariants.Figures
}

var nameViolation = world.NameOf(spans.ViolationName)

// newChecker makes the one who looks whether the invariants hold, and who stops the run when one does not.
func (cl *Cluster) newChecker(tracer worldspans.Tracer) *invariants.Checker {
	return invariants.New(invariants.Options{
		Servers: cl.config.NumNodes, Now: cl.now, Timing: timing(cl.config),
		Stopped: func() bool { return cl.stopped() },
		Violated: func(v *invariants.Violation) {
			traceViolation(tracer, v)
			cl.sim.Stop()
		},
	})
}

func (cl *Cluster) now() time.Duration { return cl.sim.Now() }

// traceViolation opens and ends the span of a violation, named by what it is and whose event it was.
func traceViolation(tracer worldspans.Tracer, v *invariants.Violation) {
	process := world.NewProcessID(world.NodeGroup, uint32(v.Server))
	id := uint64(world.RootID(process, nameViolation, uint64(world.NameOf(string(v.Invariant.Name))), 0))
	begin := spans.Begin{Self: spans.Ref{Root: id, ID: id}}
	tracer.StartViolation(begin, string(v.Invariant.Name), v.Facts[:]).Fail(worldspans.ErrorTypeViolation, v.Invariant.Doc)
}

// timing is what the bounds of Progress are computed from: of links that differ, the worst.
func timing(c *config.Config) invariants.Timing {
	t := invariants.Timing{
		Election: c.Raft.ElectionTimeout, Heartbeat: c.Raft.HeartbeatInterval, RPCTimeout: c.Raft.RPCTimeout,
		Latency: c.Network.Latency.Max, Step: c.Process.StepTime.Max, Lost: lostOrLate(c.Network.Loss, c.Network.Late),
		MaxEntries: max(1, c.Raft.MaxEntries), MaxInFlight: max(1, c.Raft.MaxInflight), Clients: c.NumClients,
	}
	for _, l := range c.Links {
		if l.From.Group() == world.NodeGroup && l.To.Group() == world.NodeGroup {
			t.Latency = max(t.Latency, l.Latency.Max)
			t.Lost = max(t.Lost, lostOrLate(l.Loss, l.Late))
		}
	}
	return t
}

// lostOrLate is how likely it is that a message does not arrive in time.
func lostOrLate(loss, late float64) float64 { return 1 - float64((1-loss)*(1-late)) }

// watched is a server with the one who watches it, if anybody does.
type watched struct{ server *invariants.Server }

func (cl *Cluster) watch(id protocol.NodeID) watched {
	if cl.checker == nil {
		return watched{}
	}
	return watched{cl.checker.Server(id)}
}

func (w watched) observer() node.Observer {
	if w.server == nil {
		return nil
	}
	return w.server
}

// commits notes what servers announce to be committed, and tells the one who watches the server, if anybody does.
type commits struct {
	cluster *Cluster
	next    node.Observer
}

// Committed implements node.Observer.
func (c commits) Committed(e protocol.Commit) {
	c.cluster.committed = max(c.cluster.committed, e.To)
	if c.next != nil {
		c.next.Committed(e)
	}
}

// Applied implements node.Observer.
func (c commits) Applied(e protocol.Apply, result protocol.Result) {
	if c.next != nil {
		c.next.Applied(e, result)
	}
}

func (w watched) process(n *node.Node) world.Process {
	if w.server == nil {
		return n
	}
	return w.server.Watch(n)
}

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
		Invariants: len(protocol.AllInvariants()), Events: cl.checker.Events(), Violation: cl.checker.Violation(), Sometimes: *cl.checker.Sometimes(),
		Figures: *cl.checker.Figures(),
	}
}
