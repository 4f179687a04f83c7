// Package watch looks after every event of a run whether a protocol's invariants hold: those that need no more than the
// states of its servers, which a protocol's rules can read between two events, and the clients' history. It knows no
// protocol.
package watch

import (
	"iter"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// View is an event after which the invariants are asked for.
type View struct {
	At     time.Duration
	Server world.ProcessID // whose event it is; zero when a client was answered, and at the end
	Ended  bool            // the run is over

	history   *history.History
	operation *history.Operation // that was answered
}

// Linearizable says whether the clients' history is linearizable, as far as the event adds to it. The error is a
// check.Clash.
func (v *View) Linearizable() error {
	switch {
	case v.Ended:
		return v.history.CheckEnd()
	case v.operation != nil:
		return v.history.CheckAnswer(v.operation)
	}
	return nil
}

// Rules asks for every invariant after an event, by name. The generated CheckInvariants of a protocol does.
type Rules[Name ~string] func(v *View) iter.Seq2[Name, error]

// Checker checks a run. Make one with New.
type Checker struct {
	cluster    *run.Cluster
	invariants []check.Invariant
	broken     func(v *View) (name string, err error)
	history    *history.History

	events    uint64
	violation *check.Violation
	figures   check.Figures
}

var _ run.Checker = (*Checker)(nil)

// New makes the checker of a run, which reports violations of these invariants.
func New[Name ~string](c *run.Cluster, invariants []check.Invariant, rules Rules[Name]) *Checker {
	return &Checker{
		cluster: c, invariants: invariants, history: history.New(c.Stopped),
		broken: func(v *View) (string, error) {
			for name, err := range rules(v) {
				if err != nil {
					return string(name), err
				}
			}
			return "", nil
		},
	}
}

// Server is the process that the world is to run in a server's place: after each of its events the rules are asked. It
// is the server itself in a run that is not checked.
func (c *Checker) Server(p world.Process) world.Process {
	if c.cluster.Unchecked {
		return p
	}
	s := &server{p, c}
	if writer, is := p.(world.Writer); is {
		return struct {
			*server
			world.Writer
		}{s, writer}
	}
	return s
}

// Client implements run.Checker.
func (c *Checker) Client(client world.Process) world.Process { return history.Watch(client, c) }

// Asked implements history.Notes.
func (c *Checker) Asked(request kv.RequestID, command kv.Command) {
	c.history.Asked(request, command, c.cluster.Now())
}

// Answered implements history.Notes.
func (c *Checker) Answered(request kv.RequestID, result kv.Result) {
	op := c.history.Answered(request, result, c.cluster.Now())
	if op == nil {
		return
	}
	c.figures.Answers = append(c.figures.Answers, op.Ended-op.Asked)
	c.check(&View{operation: op})
}

// check asks for every invariant, unless one is broken already.
func (c *Checker) check(v *View) {
	if c.violation != nil {
		return
	}
	v.At, v.history = c.cluster.Now(), c.history
	name, err := c.broken(v)
	if err == nil {
		return
	}
	event := check.Place{At: v.At, Server: v.Server}
	if v.operation != nil {
		event.Request = v.operation.Request
	}
	c.violation = check.Violated(c.named(name), event, err)
	if c.cluster.Violated != nil {
		c.cluster.Violated(c.violation)
	}
}

// named is an invariant by its name.
func (c *Checker) named(name string) check.Invariant {
	for _, i := range c.invariants {
		if i.Name == name {
			return i
		}
	}
	return check.Invariant{Name: name}
}

// Disturbed implements run.Checker: no rule here promises anything that takes time.
func (*Checker) Disturbed(time.Duration) {}

// Troubled implements run.Checker.
func (*Checker) Troubled(bool) {}

// Settled implements run.Checker.
func (*Checker) Settled() {}

// End implements run.Checker.
func (c *Checker) End(bool) { c.check(&View{Ended: true}) }

// Events implements run.Checker.
func (c *Checker) Events() uint64 { return c.events }

// Violation implements run.Checker.
func (c *Checker) Violation() *check.Violation { return c.violation }

// Counts implements run.Checker: nothing is counted.
func (*Checker) Counts() check.Counts { return nil }

// Figures implements run.Checker.
func (c *Checker) Figures() *check.Figures { return &c.figures }

// server is a server whose events are checked.
type server struct {
	world.Process

	checker *Checker
}

func (s *server) handled() {
	s.checker.events++
	s.checker.check(&View{Server: s.ID()})
}

// Receive implements world.Process.
func (s *server) Receive(e world.Envelope) {
	s.Process.Receive(e)
	s.handled()
}

// Timeout implements world.Process.
func (s *server) Timeout(t world.Timer) {
	s.Process.Timeout(t)
	s.handled()
}

// Restart implements world.Process.
func (s *server) Restart() {
	s.Process.Restart()
	s.handled()
}
