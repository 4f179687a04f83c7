package cluster

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/node"
	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Checks are what the checks of a run came to.
type Checks struct {
	Invariants int              // how many were asked for after each event; 0 when nobody checked
	Events     uint64           // after which they were
	Violation  *check.Violation // what did not hold, where the run stopped; nil if everything held
	Sometimes  check.Sometimes  // what happened of what should happen in some runs
	Figures    check.Figures
}

var nameViolation = world.NameOf(spans.ViolationName)

// newChecker makes the one who looks whether the invariants hold, and who stops the run when one does not.
func (cl *Cluster) newChecker(tracer *spans.Tracer) *check.Checker {
	return check.New(check.Options{
		Servers: cl.config.NumNodes, Now: cl.now, MaxInFlight: max(1, cl.config.Raft.MaxInflight), Bound: cl.bound(),
		Stopped: func() bool { return cl.stopped() },
		Violated: func(v *check.Violation) {
			traceViolation(tracer, v)
			cl.sim.Stop()
		},
	})
}

func (cl *Cluster) now() time.Duration { return cl.sim.Now() }

// traceViolation opens and ends the span of a violation, named by what it is and whose event it was.
func traceViolation(tracer *spans.Tracer, v *check.Violation) {
	process := world.NewProcessID(world.NodeGroup, uint32(v.Server))
	id := uint64(world.RootID(process, nameViolation, uint64(world.NameOf(string(v.Invariant.Name))), 0))
	begin := spans.Begin{Self: spans.Ref{Root: id, ID: id}}
	tracer.StartViolation(begin, string(v.Invariant.Name), v.Facts[:]).Fail(spans.ErrorTypeViolation, v.Invariant.Doc)
}

// electionsWithinBound is after how many election timeouts without a fault there has to be a leader whom everybody follows.
const electionsWithinBound = 20

// bound is the while after which Progress is promised. Nothing is where servers never stand by themselves, or where messages take so long that a leader may not be heard
// from in time: broadcast time must be well below the election timeout (§5.6).
func (cl *Cluster) bound() time.Duration {
	c := cl.config
	latency := c.Network.Latency.Max
	for i := range c.Links {
		latency = max(latency, c.Links[i].Latency.Max)
	}
	broadcast := 2*latency + 20*c.Process.StepTime.Max
	if c.Raft.HeartbeatInterval == 0 || c.Raft.ElectionTimeout.Min < c.Raft.HeartbeatInterval+broadcast || c.Raft.RPCTimeout < broadcast {
		return 0
	}
	return electionsWithinBound * (c.Raft.ElectionTimeout.Max + c.Raft.RPCTimeout)
}

// watched is a server with the one who watches it, if anybody does.
type watched struct{ server *check.Server }

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
