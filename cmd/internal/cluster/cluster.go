// Package cluster sets up a run: the servers and clients that a config asks for, in a deterministic world, with tracers
// for those who want spans.
package cluster

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// BehaviourVersion is raised by whoever changes what a run does or how its spans look, so that a diff of two files can
// tell a change of the code from one of the config. Together with the spec's hash it is raftkv.build.
const BehaviourVersion = 4

// Build says which spec of a protocol and which behaviour made a trace. It names no commit and no toolchain: those do
// not change what a run does.
func Build(p *run.Protocol) string {
	return fmt.Sprintf("spec-%s-behaviour-%d", p.SpecHash, BehaviourVersion)
}

// Options are what a run is given besides its config. But for Latencies, none of them changes what happens in it.
type Options struct {
	Recorder Recorder             // of the spans, such as a traces.Recorder; nil records nothing
	Progress func(operations int) // told now and then how many operations have their answer; may be nil

	Tuned     bool // whoever makes many runs at a time has called Tune for all of them
	Unchecked bool // nobody looks whether the invariants hold: for measurements

	Around func(world.Process) world.Process // for tests: who stands between each process and the world; nil for nobody

	// Observer, for tests, is told of each event of each process, and of each fault, when it is over; nil is nobody.
	Observer func(*Observed)

	Latencies func() uint64 // for tests that plant a shared stream of random numbers: see sim.Config
}

// Cluster is a run that is set up.
type Cluster struct {
	config    *config.Config
	protocol  *run.Protocol // that replicates the store
	recorder  Recorder
	sim       *sim.Sim
	servers   []server                // in the order of config.Counts
	placed    map[world.ProcessID]int // where each is in that list
	clients   []*client.Client
	progress  func(operations int)
	tuned     bool
	around    func(world.Process) world.Process
	observer  func(*Observed)
	committed uint64      // the highest index that any server ever knew to be committed
	settled   bool        // finished was true: what is in flight is handled, and nothing else happens
	handled   int         // events, to tell of the progress now and then
	checker   run.Checker // nil when nobody checks
	stopped   func() bool // nobody waits for the checks any more
	faults    *faults
	results   map[string]string     // of operations that something is expected of, by their requests
	snapshots map[logSnapshot][]int // the terms in the logs that something is expected of before the end
}

// Result is what a run came to.
type Result struct {
	sim.Outcome

	Operations int             // that clients have an answer to
	Tries      int             // how often clients asked a server, for all operations
	Committed  uint64          // the highest index that a server has known to be committed
	Leader     world.ProcessID // at the end, if there is one
	Faults     int             // that happened; what happened to one message does not count
	Missed     []Missed        // the faults that did not
	LyingDisk  bool            // a disk lost what it said that it keeps, or was made to: nothing is promised then
	Checks     Checks
	Failed     []FailedExpectation
}

// server is a server with what is known of its kind.
type server struct {
	run.Server

	id    world.ProcessID
	party *run.Party
}

// The names of what comes from outside: the operator who tells the servers.
var (
	nameRun           = world.NameOf(worldspans.RunName)
	nameSetPeers      = world.NameOf("operator sets peers")
	nameStartElection = world.NameOf("operator starts election")
	nameSnapshot      = world.NameOf("glimpse of a log")
)

// New sets up the run of a resolved config.
func New(c *config.Config, options Options) *Cluster {
	drop, delay, duplicate := c.Counterfactuals()
	cl := &Cluster{
		config: c, protocol: &c.Row().Run, placed: map[world.ProcessID]int{}, recorder: options.Recorder,
		progress: options.Progress, tuned: options.Tuned, around: options.Around, observer: options.Observer,
		results: map[string]string{}, snapshots: map[logSnapshot][]int{},
	}
	simulation := sim.Config{
		Seed: c.Seed, Latency: c.Network.Latency, StepTime: c.Process.StepTime,
		Loss: c.Network.Loss, Duplicate: c.Network.Duplicate, Late: c.Network.Late, LateBy: c.Network.LateBy,
		MaxDuration: c.MaxDuration, Drop: drop, Delay: delay, Duplicated: duplicate,
		Finished: cl.finished, Latencies: options.Latencies,
		Links: links(c), After: cl.after(),
		Rollbacks: slices.ContainsFunc(c.Faults, func(f config.Fault) bool { return f.Kind == config.Rollback }),
	}
	if options.Recorder != nil {
		m := messages{cl, options.Recorder}
		simulation.Sent, simulation.Handled, simulation.Lost = m.sent, m.handled, m.lost
	}
	cl.sim = sim.New(simulation)
	tracer := func(service string) *span.Tracer {
		if options.Recorder == nil {
			return nil
		}
		return worldspans.NewTracer(options.Recorder, service, c.Hash(), c.StartTime).Tracer
	}
	outside := worldspans.Tracer{Tracer: tracer("world")}
	outside.Follow(cl.sim)
	cl.traceRun(outside)
	cl.addServers(tracer, outside, options.Unchecked)
	cl.addClients(tracer)
	cl.scheduleFaults(outside)
	cl.scheduleGlimpses()
	return cl
}

// links are those ways between processes that are like no other.
func links(c *config.Config) []sim.Link {
	var all []sim.Link
	for _, l := range c.Links {
		link := sim.Link{
			From: l.From, To: l.To, Latency: l.Latency, HasLatency: l.Latency != (world.Range{}),
			Loss: l.Loss, Duplicate: l.Duplicate, Late: l.Late, LateBy: l.LateBy,
		}
		if link.LateBy == (world.Range{}) {
			link.LateBy = c.Network.LateBy
		}
		all = append(all, link)
	}
	return all
}

// after is what looks around after each event; nil when there is nothing to look for.
func (cl *Cluster) after() func() {
	for i := range cl.config.Faults {
		if kind := cl.config.Faults[i].At.Kind; kind != config.AtOnce && kind != config.AtTime {
			return func() { cl.faults.lookAround() }
		}
	}
	return nil
}

// traceRun opens and ends the first span of a trace file, which says what made it.
func (cl *Cluster) traceRun(tracer worldspans.Tracer) {
	if !tracer.On() {
		return
	}
	c := cl.config
	id := uint64(world.RootID(0, nameRun, 0, 0))
	tracer.StartRun(span.Begin{Self: span.Ref{Root: id, ID: id}}, string(c.TOML()), Build(cl.protocol), c.Scenario,
		int64(c.Seed)).End()
}

// addServers adds the servers, and whoever checks them, to the world.
func (cl *Cluster) addServers(tracer func(string) *span.Tracer, outside worldspans.Tracer, unchecked bool) {
	c := cl.config
	latency, lost := worst(c)
	var all []run.Server
	all, cl.checker = cl.protocol.Servers(&run.Cluster{
		Counts: c.Counts, Clients: c.NumClients, Settings: c.Settings, Bug: c.Bug,
		Latency: latency, Lost: lost, Step: c.Process.StepTime.Max,
		Tracer: tracer, Committed: func(index uint64) { cl.committed = max(cl.committed, index) },
		Unchecked: unchecked, Now: cl.now, Stopped: func() bool { return cl.stopped() },
		Violated: func(v *check.Violation) {
			traceViolation(outside, v)
			cl.sim.Stop()
		},
	})
	if unchecked {
		cl.checker = nil
	}
	for i, s := range all {
		id := s.ID()
		cl.servers = append(cl.servers, server{s, id, cl.protocol.Party(id.Group())})
		cl.placed[id] = i
		cl.add(s.Process())
		if record := s.FirstRecord(); record != nil {
			cl.sim.Preload(id, record)
		}
		after := cl.tell(id, 0)
		if id == c.Settings.First() { // it knows its peers by then
			cl.sim.Tell(after, id, world.RootID(id, nameStartElection, 0, 0), cl.protocol.Elect())
		}
	}
}

// tell has a server be told what it has to know, from a moment on, a word each nanosecond. It returns the moment after
// the last.
func (cl *Cluster) tell(id world.ProcessID, from time.Duration) (after time.Duration) {
	after = from
	if cl.protocol.Tell == nil {
		return after
	}
	for i, word := range cl.protocol.Tell(cl.config.Counts, id) {
		cl.sim.Tell(after, id, world.RootID(id, nameSetPeers, uint64(from), uint64(i)), word)
		after++
	}
	return after
}

// server returns a server of the run.
func (cl *Cluster) server(id world.ProcessID) *server { return &cl.servers[cl.placed[id]] }

func (cl *Cluster) add(p world.Process) {
	if cl.around != nil {
		p = cl.around(p)
	}
	cl.sim.Add(cl.observed(p))
}

func (cl *Cluster) addClients(tracer func(string) *span.Tracer) {
	c := cl.config
	for i := range c.NumClients {
		id := kv.ClientID(i + 1)
		cc := clientConfig(c, id)
		cc.Ended = cl.noteResults(id)
		one := client.New(cc, kvspans.Tracer{Tracer: tracer(id.String())})
		cl.clients = append(cl.clients, one)
		cl.add(cl.watchClient(one))
	}
}

// clientConfig is what a config says of one client.
func clientConfig(c *config.Config, id kv.ClientID) client.Config {
	asks := c.Row().Run.Answering().Group
	cc := client.Config{
		ID: id, Clients: c.NumClients, Turns: c.Client.Turns, Asks: asks, Servers: c.Counts.Of(asks),
		Requests: c.RequestsPerClient,
		Written:  len(c.Operations) > 0, Keys: c.Keys, Unique: c.Values == config.ValuesUnique,
		Start: c.Client.Start, Timeout: c.Client.Timeout, ThinkTime: c.Client.ThinkTime, GiveUp: c.Client.GiveUp,
	}
	if first := c.Settings.First(); first.Group() == asks {
		cc.First = kv.NodeID(first.Number())
	}
	for i := range c.Operations {
		o := &c.Operations[i]
		if o.Client != world.NewProcessID(world.ClientGroup, uint32(id)) {
			continue
		}
		op := client.Operation{Number: o.Number, At: o.At, Server: kv.NodeID(o.Server.Number())}
		switch {
		case o.Put != "":
			op.Kind, op.Key, op.Value = client.Put, o.Put, o.Value
		case o.Get != "":
			op.Kind, op.Key = client.Get, o.Get
		case o.Delete != "":
			op.Kind, op.Key = client.Delete, o.Delete
		}
		cc.Operations = append(cc.Operations, op)
	}
	return cc
}

// WithOperations is a config of the same run whose operations are written out, instead of drawn: what is to be changed
// one by one has to be.
func WithOperations(c *config.Config) *config.Config {
	written := c.Clone()
	if len(c.Operations) > 0 {
		return written
	}
	written.RequestsPerClient = 0 // so that without the last of them there is none
	random := func(purpose world.Name, key world.CausalID) uint64 { return world.Draw(c.Seed, purpose, key) }
	for i := range c.NumClients {
		cc := clientConfig(c, kv.ClientID(i+1))
		for after := range cc.Total() {
			drawn := cc.Operation(after, random)
			o := config.Operation{Client: world.NewProcessID(world.ClientGroup, uint32(i+1)), Number: drawn.Number}
			switch drawn.Kind {
			case client.Put:
				o.Put, o.Value = drawn.Key, drawn.Value
			case client.Get:
				o.Get = drawn.Key
			case client.Delete:
				o.Delete = drawn.Key
			}
			written.Operations = append(written.Operations, o)
		}
	}
	return written
}

// finished says whether nothing is left to be done: the clients that live have started and are done with all their
// operations, and every live server applied all that is committed.
func (cl *Cluster) finished() bool {
	if cl.handled++; cl.progress != nil && cl.handled%progressInterval == 0 {
		cl.progress(cl.operations())
	}
	for _, c := range cl.clients {
		if !c.Done() && !cl.faults.isDown(c.ID()) {
			return false
		}
	}
	if cl.sim.Now() < cl.config.Client.Start {
		return false
	}
	for i := range cl.servers {
		s := &cl.servers[i]
		if s.party.Applies && s.Applied() < cl.committed && !cl.faults.isDown(s.id) {
			return false
		}
	}
	cl.settled = true
	if cl.checker != nil {
		cl.checker.Settled()
	}
	return true
}

// progressInterval is how many events pass between two words of progress.
const progressInterval = 1 << 11

// operations is how many operations have an answer.
func (cl *Cluster) operations() int {
	answered := 0
	for _, c := range cl.clients {
		answered += c.Answered()
	}
	return answered
}

// A run makes many small things that live for a few milliseconds of virtual time. Collecting them half as often as
// usual makes it faster; the limit keeps the logs of a long one from asking for twice their memory in turn.
const (
	garbagePercent = 200
	memoryLimit    = 900 << 20 // bytes
)

// Tune has the collector of garbage work as suits a run, and returns what undoes that. It is the whole program's:
// whoever makes several runs at a time does it once.
func Tune() (restore func()) {
	percent, limit := debug.SetGCPercent(garbagePercent), debug.SetMemoryLimit(memoryLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// Run has everything happen. It returns ctx's error as soon as it sees one, and a *Panic when the program panicked.
func (cl *Cluster) Run(ctx context.Context) (Result, error) {
	if !cl.tuned {
		defer Tune()()
	}
	cl.stopped = func() bool { return ctx.Err() != nil }
	outcome, err := cl.simulate(ctx)
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Outcome: outcome, Operations: cl.operations(), Committed: cl.committed, Leader: cl.leader(),
		Faults: cl.faults.count,
		Missed: cl.faults.missed(outcome), LyingDisk: cl.faults.lied, Checks: cl.checks(outcome),
	}
	for _, c := range cl.clients {
		r.Tries += c.Tries()
	}
	r.Failed = cl.failedExpectations(&r)
	if err := ctx.Err(); err != nil { // then the checks have left something undecided
		return Result{}, err
	}
	return r, nil
}

// leader is the server that leads in the highest term; none when no server leads.
func (cl *Cluster) leader() world.ProcessID {
	var leader world.ProcessID
	highest := uint64(0)
	for i := range cl.servers {
		s := &cl.servers[i]
		if s.party.Leads && s.Role() == cl.protocol.Roles.Leader && s.Term() > highest && !cl.faults.isDown(s.id) {
			leader, highest = s.id, s.Term()
		}
	}
	return leader
}
