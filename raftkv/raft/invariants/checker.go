package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Options are what a checker has to know of a run.
type Options struct {
	Servers int                  // they are numbered from 1
	Now     func() time.Duration // the time of the run, whatever the processes' clocks say
	// told of the first violation, at once; after it nothing is checked any more. May be nil
	Violated func(*check.Violation)
	Timing   Timing // what Progress is judged by

	Stopped func() bool // see history.New. May be nil
}

// Checker checks a run. It is not safe for concurrent use.
type Checker struct {
	options   Options
	events    uint64
	violation *check.Violation
	progress  progress
	sometimes Sometimes
	figures   check.Figures

	servers   []*server // by NodeID
	leaders   map[protocol.Term]check.Place
	terms     map[protocol.Term]*termed
	committed committedLog
	extended  protocol.LogIndex // the first index that this event added to what is committed; 0 if none
	seen      []seenFirst       // by index
	model     history.Model
	history   *history.History
	owed      protocol.LogIndex // what a run that finishes must have applied everywhere
	settled   bool              // owed is known
	troubled  bool              // something lasts that was done to the run
	disturbed time.Duration     // when something was last done to the run: what the network does by chance is none
}

var _ protocol.Invariants[*View] = (*Checker)(nil)

// New makes a checker of a run that has not begun.
func New(options Options) *Checker {
	c := &Checker{
		options: options, leaders: map[protocol.Term]check.Place{}, terms: map[protocol.Term]*termed{},
		model: history.NewModel(), history: history.New(options.Stopped),
	}
	c.progress.bounds = boundsOf(options.Timing, options.Servers)
	for id := range options.Servers + 1 {
		c.servers = append(
			c.servers,
			&server{id: kv.NodeID(id), durable: &Durable{}, sentUpTo: make([]protocol.LogIndex, options.Servers+1)},
		)
	}
	return c
}

// Events is how many events were checked.
func (c *Checker) Events() uint64 { return c.events }

// Violation is what did not hold; nil as long as everything does.
func (c *Checker) Violation() *check.Violation { return c.violation }

// Figures are those up to now.
func (c *Checker) Figures() *check.Figures { return &c.figures }

// Sometimes counts what happened of what should happen in some runs at least.
func (c *Checker) Sometimes() *Sometimes { return &c.sometimes }

// Counts are the same, each with what it is called.
func (c *Checker) Counts() check.Counts { return c.sometimes.Counts() }

// Disturbed says that something was done to the run that lasts until some time: Progress is promised only a while after
// it.
func (c *Checker) Disturbed(until time.Duration) { c.disturbed = max(c.disturbed, until) }

// Client is the process that the world is to run in a client's place: what it asks for and is answered is noted.
func (c *Checker) Client(client world.Process) world.Process { return history.Watch(client, c) }

// Asked says that a client asked for something.
func (c *Checker) Asked(request kv.RequestID, command kv.Command) {
	c.history.Asked(request, command, c.options.Now())
}

// Answered says that a client got an answer.
func (c *Checker) Answered(request kv.RequestID, result kv.Result) {
	if op := c.history.Answered(request, result, c.options.Now()); op != nil {
		c.Check(&View{At: op.Ended, Event: Answered, Operation: op})
	}
}

// Troubled says whether something lasts that was done to the run, such as a partition: as long as it does, Progress is
// not promised.
func (c *Checker) Troubled(on bool) { c.troubled = on }

// Settled says that the run is about to finish: what is committed by now, every live server must have applied. What is
// still in flight may commit more.
func (c *Checker) Settled() { c.owed, c.settled = c.committed.last(), true }

// End says that the run is over.
func (c *Checker) End(finished bool) {
	c.Check(&View{At: c.options.Now(), Event: Ended, Finished: finished})
}

// Check asks for every invariant after an event. It is for those who have a view of their own: Server and Client watch
// processes.
func (c *Checker) Check(v *View) {
	if c.violation != nil {
		return
	}
	if v.Event != Ended {
		c.events++
	}
	c.learn(v)
	for name, err := range protocol.CheckInvariants(c, v) {
		if err != nil {
			c.violation = violation(name, err, v)
			break
		}
	}
	c.remember(v)
	if c.violation != nil && c.options.Violated != nil {
		c.options.Violated(c.violation)
	}
}

// of is what is remembered of the server whose event it is; nil when it is no server's, or one of a crash, which
// changes nothing that is looked at.
func (c *Checker) of(v *View) *server {
	if v.Server == 0 || v.State == nil || v.Event == Crashed {
		return nil
	}
	return c.servers[v.Server]
}

// learn notes what the event changed, before anything is checked.
func (c *Checker) learn(v *View) {
	c.extended = 0
	c.note(v)
	if v.Event == Crashed {
		c.servers[v.Server].down = true
		c.Disturbed(v.At)
		c.noteLeaders(v.At)
	}
	s := c.of(v)
	if s == nil {
		return
	}
	changed := !s.watched || v.Event == Restarted || v.State.Role != s.now.role || v.State.CurrentTerm != s.now.term
	s.watched, s.down = true, false
	if v.DiskLost {
		s.lostIn = max(s.lostIn, s.now.term)
	}
	if v.Durable != nil {
		s.durable = v.Durable
	}
	if v.Event == Restarted {
		s.incarnation++
		s.was.role, s.was.commit, s.was.applied, s.was.match = protocol.RoleFollower, 0, 0, 0
		s.announced, s.applied = 0, 0
		c.Disturbed(v.At)
	}
	s.now = snapshot{
		role: v.State.Role, term: v.State.CurrentTerm, votedFor: v.State.VotedFor,
		commit: v.State.CommitIndex, applied: v.State.LastApplied, match: v.State.MatchWithLeader,
	}
	if changed {
		c.noteLeaders(v.At)
	}
	s.readLog(v)
	c.noteTerm(s)
	c.extend(s, v)
}

// extend takes what a server is the first to have committed for committed.
func (c *Checker) extend(s *server, v *View) {
	last := min(s.now.commit, s.log.last())
	for index := c.committed.last() + 1; index <= last; index++ {
		if c.extended == 0 {
			c.extended = index
		}
		entry := v.entryAt(index)
		c.committed = append(c.committed, committed{
			mark: s.log.at(index), entry: entry, in: s.now.term, by: s.id, at: v.At, result: c.expect(&entry),
		})
		c.noteCommitted(s, &entry)
	}
}

// remember makes what this event left what the next one is compared with.
func (c *Checker) remember(v *View) {
	s := c.of(v)
	if s == nil {
		return
	}
	s.was = s.now
	s.led.remember(s, v.State)
	s.highestCommit = max(s.highestCommit, s.now.commit)
}

// quorum is how many servers make a majority.
func (c *Checker) quorum() int { return c.options.Servers/2 + 1 }
