package run

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/invariants"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// servers makes the processes of a run, and whoever checks them; nil if nobody does.
func servers(c *run.Cluster) ([]run.Server, run.Checker) {
	s := c.Settings.(*Settings)
	config := s.config(c)
	var checker *invariants.Checker
	if !c.Unchecked {
		checker = invariants.New(invariants.Options{
			Acceptors: config.Acceptors, Leaders: config.Leaders, Replicas: config.Replicas, Window: config.Window,
			Now: c.Now, Violated: c.Violated, Stopped: c.Stopped, Timing: s.timing(c),
		})
	}
	var all []run.Server
	for _, id := range c.Counts.All() {
		self := protocol.Process{Kind: kinds[id.Group()], Number: id.Number()}
		heard := observer{committed: c.Committed}
		if checker != nil {
			heard.watch = checker.Watcher(self)
		}
		config.Observer = heard
		n := newProcess(self, config, spans.Tracer{Tracer: c.Tracer(id.String())})
		one := &server{Watched: n, process: n}
		if heard.watch != nil {
			one.process = heard.watch.Watch(n)
		}
		all = append(all, one)
	}
	if checker == nil {
		return all, nil
	}
	return all, checker
}

// kinds are the kinds of processes, by what the world calls them.
var kinds = map[world.Group]protocol.Kind{
	node.AcceptorGroup: protocol.KindAcceptor, node.LeaderGroup: protocol.KindLeader,
	node.ReplicaGroup: protocol.KindReplica,
}

// newProcess makes a process of its kind.
func newProcess(self protocol.Process, config node.Config, tracer spans.Tracer) invariants.Watched {
	switch self.Kind {
	case protocol.KindAcceptor:
		return node.NewAcceptor(protocol.AcceptorID(self.Number), config, tracer)
	case protocol.KindReplica:
		return node.NewReplica(protocol.ReplicaID(self.Number), config, tracer)
	case protocol.KindLeader:
	}
	return node.NewLeader(protocol.LeaderID(self.Number), config, tracer)
}

// config is what the settings say of each process.
func (s *Settings) config(c *run.Cluster) node.Config {
	bug, _ := multipaxos.BugNamed(c.Bug)
	return node.Config{
		Acceptors: c.Counts.Of(node.AcceptorGroup), Leaders: c.Counts.Of(node.LeaderGroup),
		Replicas:         c.Counts.Of(node.ReplicaGroup),
		SuspicionTimeout: s.SuspicionTimeout, Backoff: s.Backoff, HeartbeatInterval: s.HeartbeatInterval,
		CatchUpDelay: s.CatchUpDelay, RPCTimeout: s.RPCTimeout, RequestTimeout: s.RequestTimeout,
		Window: max(1, s.Window), MaxValues: max(1, s.MaxValues), Bug: bug,
	}
}

// timing is what the bounds of Progress are computed from.
func (s *Settings) timing(c *run.Cluster) invariants.Timing {
	return invariants.Timing{
		Suspicion: s.SuspicionTimeout, Backoff: s.Backoff, Doublings: node.MostDoublings, Heartbeat: s.HeartbeatInterval,
		CatchUp: s.CatchUpDelay, RPCTimeout: s.RPCTimeout,
		Latency: c.Latency, Step: c.Step, Lost: c.Lost,
		MaxValues: max(1, s.MaxValues), Clients: c.Clients, LeaderCount: c.Counts.Of(node.LeaderGroup),
	}
}

// server is a process, with who watches it if anybody does.
type server struct {
	invariants.Watched

	process world.Process
}

var _ run.Server = (*server)(nil)

// Process implements run.Server.
func (s *server) Process() world.Process { return s.process }

// Store returns the state machine, to be read between two events; nil for an acceptor, which has none.
func (s *server) Store() *kv.Store {
	if l, is := s.Watched.(interface{ Store() *kv.Store }); is {
		return l.Store()
	}
	return nil
}

// FirstRecord implements run.Server: no cluster was there before the run.
func (*server) FirstRecord() []byte { return nil }

// KnowsCluster implements run.Server: nobody has to tell it.
func (*server) KnowsCluster() bool { return true }

// Role implements run.Server.
func (s *server) Role() string {
	if s.ID().Group() != node.LeaderGroup {
		return ""
	}
	return s.State().Role.String()
}

// leaderBits are those of a term that have the leader of a ballot: the rounds are above them.
const leaderBits = 16

// Term implements run.Server: of two ballots the higher one has the higher term.
func (s *server) Term() uint64 {
	b := s.State().Ballot
	return uint64(b.Round)<<leaderBits | uint64(b.Leader)
}

// Applied implements run.Server.
func (s *server) Applied() uint64 { return uint64(s.State().Applied) }

// LogTerms implements run.Server: there is no log whose entries have terms.
func (*server) LogTerms() []int { return nil }

// observer hears what a process announces.
type observer struct {
	committed func(index uint64)
	watch     *invariants.Watcher // nil when nobody checks
}

// Chosen implements node.Observer.
func (o observer) Chosen(_ protocol.LeaderID, e protocol.Choose) {
	o.committed(uint64(e.Slot))
	if o.watch != nil {
		o.watch.Chosen(e)
	}
}

// Applied implements node.Observer.
func (o observer) Applied(_ protocol.Process, e protocol.Apply, result kv.Result) {
	if o.watch != nil {
		o.watch.Applied(e, result)
	}
}
