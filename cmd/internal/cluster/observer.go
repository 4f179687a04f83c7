package cluster

import (
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Observed is what an observer of a run is told of: an event of a process, or a fault. All states are to be read, and
// not to be changed.
type Observed struct {
	Process world.ProcessID // whose event it was; 0 for a fault
	Step    uint64          // of that process
	Faults  int             // that have happened so far

	cluster *Cluster
}

// Servers returns the servers of the run.
func (o *Observed) Servers() (all []run.Server) {
	for i := range o.cluster.servers {
		all = append(all, o.cluster.servers[i].Server)
	}
	return all
}

// Clients returns the clients of the run.
func (o *Observed) Clients() []*client.Client { return o.cluster.clients }

// IsDown says whether a process crashed and was not started again.
func (o *Observed) IsDown(p world.ProcessID) bool { return o.cluster.faults.isDown(p) }

// IsPaused says whether a process does nothing until it is healed.
func (o *Observed) IsPaused(p world.ProcessID) bool { return o.cluster.faults.paused[p] }

// observe tells the observer, if there is one.
func (cl *Cluster) observe(p world.ProcessID, step uint64) {
	if cl.observer != nil {
		cl.observer(&Observed{Process: p, Step: step, Faults: cl.faults.count, cluster: cl})
	}
}

// observed is a process, each event of which the observer is told of. Of a crash it is told by the fault.
func (cl *Cluster) observed(p world.Process) world.Process {
	if cl.observer == nil {
		return p
	}
	one := &observed{Process: p, cluster: cl}
	if w, writes := p.(world.Writer); writes {
		return &observedWriter{one, w}
	}
	return one
}

// observed stands between a process and the world.
type observed struct {
	world.Process

	cluster *Cluster
	world   world.World
}

// observedWriter is one that says when it writes.
type observedWriter struct {
	*observed
	world.Writer
}

// Start implements world.Process.
func (o *observed) Start(w world.World) {
	o.world = w
	o.Process.Start(w)
	o.cluster.observe(o.ID(), w.Step())
}

// Receive implements world.Process.
func (o *observed) Receive(e world.Envelope) {
	o.Process.Receive(e)
	o.cluster.observe(o.ID(), o.world.Step())
}

// Timeout implements world.Process.
func (o *observed) Timeout(t world.Timer) {
	o.Process.Timeout(t)
	o.cluster.observe(o.ID(), o.world.Step())
}

// Restart implements world.Process.
func (o *observed) Restart() {
	o.Process.Restart()
	o.cluster.observe(o.ID(), o.world.Step())
}
