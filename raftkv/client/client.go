// Package client is one client of the store as a process of a world: it asks for one operation after another, and goes
// on asking until it has an answer. All tries of an operation share its RequestID, so that the servers see a retry to
// be one (§8).
package client

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// redirectPause is how long a client waits before it asks again when a server knows no leader: about a round of
// messages, so that an election is waited for and not flooded.
const redirectPause = 10 * time.Millisecond

// Config says how a client behaves.
type Config struct {
	ID         kv.ClientID
	Asks       world.Group                     // which processes it asks
	Servers    int                             // how many those are; they are numbered from 1
	First      kv.NodeID                       // the server that is asked first
	Requests   int                             // operations to be done, if they are not written
	Written    bool                            // the client does Operations and no others
	Operations []Operation                     // in the order of their numbers
	Keys       []string                        // what the keys are picked from, at least one
	Unique     bool                            // no two operations put the same value
	Start      time.Duration                   // when the first operation begins
	Clients    int                             // they are numbered from 1
	Turns      bool                            // clients take turns: each begins when the one before it is done
	Timeout    time.Duration                   // then a try is given up, and another server is asked
	ThinkTime  world.Range                     // between an answer and the next operation
	GiveUp     time.Duration                   // then an operation without an answer is given up; 0 is never
	Ended      func(number int, result string) // told of each operation that ends; may be nil
}

// Client is a client of the store as a process of a world.
type Client struct {
	config Config
	id     world.ProcessID
	world  world.World
	tracer kvspans.Tracer

	target    kv.NodeID // the server that is asked next
	operation operation
	try       try
	done      int // operations that ended
	answers   int // those of them with an answer
	tries     int // of all operations
}

// operation is what the client wants done at the moment.
type operation struct {
	Operation

	open    bool
	ref     span.Ref
	request kv.RequestID
	message kv.Message
	span    operationSpan // nil when no spans are opened
	giveUp  world.TimerHandle
	pause   world.TimerHandle
	tries   int
	told    int      // how often in a row it went where the leader was said to be
	asked   []uint64 // how often each server was asked, by NodeID
	last    span.Ref // the try before
}

// try is one asking of one server.
type try struct {
	ref   span.Ref // zero when none is open
	timer world.TimerHandle
	span  trySpan // nil when no spans are opened
}

var _ world.Process = (*Client)(nil)

// New makes a client. A nil tracer opens no spans, and changes nothing else.
func New(config Config, tracer kvspans.Tracer) *Client {
	return &Client{
		config: config, id: world.NewProcessID(world.ClientGroup, uint32(config.ID)), tracer: tracer,
		target:    max(config.First, 1),
		operation: operation{asked: make([]uint64, config.Servers+1)},
	}
}

// ID names the process.
func (c *Client) ID() world.ProcessID { return c.id }

// Done says whether the client is done with all its operations.
func (c *Client) Done() bool { return c.done >= c.config.Total() }

// Answered is how many operations have an answer.
func (c *Client) Answered() int { return c.answers }

// Asking is the number of the operation that the client is at, or was at last; 0 before the first.
func (c *Client) Asking() int { return c.operation.Number }

// Open returns the operation that has no final answer yet, if there is one.
func (c *Client) Open() (o Operation, is bool) { return c.operation.Operation, c.operation.open }

// Tries is how often the client has asked a server.
func (c *Client) Tries() int { return c.tries }

// Start implements world.Process.
func (c *Client) Start(w world.World) {
	c.world = w
	c.tracer.Follow(w)
	if c.config.Turns && c.config.ID > 1 {
		return // see receiveTurn
	}
	c.wait(timerStart, world.RootID(c.id, nameStart, 0, 0), c.config.Start)
}

// The kinds of timers of a client.
const (
	timerStart uint8 = iota + 1
	timerThink
	timerTry
	timerPause
	timerGiveUp
)

func (c *Client) wait(kind uint8, id world.CausalID, d time.Duration) world.TimerHandle {
	return c.world.SetTimer(0, world.Timer{Kind: kind, ID: id}, d)
}

// Timeout implements world.Process.
func (c *Client) Timeout(t world.Timer) {
	switch t.Kind {
	case timerStart:
		c.start()
	case timerThink:
		c.next()
	case timerTry:
		c.tryTimedOut(t)
	case timerGiveUp:
		c.giveUp()
	case timerPause:
		if c.operation.open && c.try.ref.ID == 0 {
			c.ask()
		}
	}
}

// start begins the first operation.
func (c *Client) start() {
	id := uint64(world.RootID(c.id, nameStart, 0, 0))
	c.operation.ref = span.Ref{Root: id, ID: id}
	c.tracer.StartClientStart(span.Begin{Self: c.operation.ref}).End()
	c.next()
}

// next begins the next operation, or if none is left, lets another client have its turn.
func (c *Client) next() {
	if c.Done() {
		c.passTurn()
		return
	}
	next := c.config.Operation(c.done, c.world.Random)
	if now := c.world.Now(); next.At > now {
		c.wait(timerThink, OperationID(c.config.ID, next.Number), next.At-now)
		return
	}
	c.begin(next)
	c.ask()
}

// begin makes an operation the one at hand.
func (c *Client) begin(next Operation) {
	id := OperationID(c.config.ID, next.Number)
	op := operation{
		Operation: next, open: true, ref: span.Ref{Root: uint64(id), ID: uint64(id)}, asked: c.operation.asked,
		request: kv.RequestID{Client: c.config.ID, Sequence: kv.Sequence(next.Number)},
	}
	op.message = next.request(op.request)
	clear(op.asked)
	c.operation = op
	if next.Server != 0 {
		c.target = next.Server
	}
	c.operation.span = c.startOperation()
	if c.config.GiveUp > 0 {
		c.operation.giveUp = c.wait(timerGiveUp, id.Child(nameGiveUp, c.id, 0, 0, 0), c.config.GiveUp)
	}
}

// ask tries the operation at hand at the server that is the leader as far as the client knows.
func (c *Client) ask() {
	op, server := &c.operation, c.process(c.target)
	id := world.CausalID(op.ref.ID).Child(nameOfTry[op.Kind], c.id, server, op.asked[c.target], 0)
	op.asked[c.target]++
	op.tries++
	c.tries++
	c.try = try{ref: span.Ref{Root: op.ref.Root, ID: uint64(id)}}
	c.try.span = c.startTry()
	op.last = c.try.ref
	c.try.timer = c.world.SetTimer(0, world.Timer{Kind: timerTry, ID: id}, c.config.Timeout)
	fate := c.world.Send(world.Envelope{
		ID: id, Root: world.CausalID(op.ref.Root), From: c.id, To: server, Payload: op.message,
	})
	if c.try.span != nil {
		world.NoteFate(c.try.span, fate)
	}
}

// Receive implements world.Process. An answer to a try that was given up is not listened to: the try that followed it
// gets the same one (§8).
func (c *Client) Receive(e world.Envelope) {
	if _, is := e.Payload.(turn); is {
		c.receiveTurn(e)
		return
	}
	reply, ok := e.Payload.(kv.Message)
	if !ok {
		panic(fmt.Sprintf("client: %s got a %T, which is no message of the store", c.id, e.Payload))
	}
	if c.try.ref.ID == 0 || uint64(e.InReplyTo) != c.try.ref.ID {
		return
	}
	c.world.StopTimer(c.try.timer)
	if second := c.copyAnswered(&e); second > 0 && c.try.span != nil {
		c.try.span.SetAnsweredCopy(second)
	}
	switch m := reply.(type) {
	case kv.Answered:
		c.endTry(m, m.Result.String(), 0)
		c.answered(m.Result)
	case kv.NotLeader:
		c.endTry(m, "", m.LeaderID)
		c.redirect(m.LeaderID)
	case kv.OutcomeUnknown:
		c.endTry(m, "", 0)
		c.redirect(0)
	case kv.ClientPut, kv.ClientGet, kv.ClientDelete:
		panic(fmt.Sprintf("client: %s got %s, which is no answer to a client", c.id, m.Name()))
	}
}

func (c *Client) answered(result kv.Result) {
	c.answers++
	c.world.StopTimer(c.operation.giveUp)
	c.ended(result)
}

// giveUp ends an operation that has no answer after so long. It may have been done, or may still be: nobody can tell.
func (c *Client) giveUp() {
	if !c.operation.open {
		return
	}
	if c.try.ref.ID != 0 {
		c.world.StopTimer(c.try.timer)
		if c.try.span != nil {
			c.try.span.Fail(worldspans.ErrorTypeTimeout, "the operation was given up")
		}
	}
	c.try = try{}
	c.world.StopTimer(c.operation.pause)
	if c.operation.span != nil {
		c.operation.span.SetError(worldspans.ErrorTypeTimeout, "the outcome is not known")
	}
	c.ended(unknown{})
}

// OutcomeUnknown is the result of an operation that was given up, as its span tells it.
const OutcomeUnknown = "outcome unknown"

// unknown is the result of an operation that was given up.
type unknown struct{}

func (unknown) String() string { return OutcomeUnknown }

// ended goes on to the next operation.
func (c *Client) ended(result fmt.Stringer) {
	if c.operation.span != nil {
		c.operation.span.End(result.String())
	}
	if c.config.Ended != nil {
		c.config.Ended(c.operation.Number, result.String())
	}
	c.operation.open, c.operation.span = false, nil
	c.done++
	if c.config.ThinkTime.Max == 0 || c.Done() {
		c.next()
		return
	}
	id := OperationID(c.config.ID, c.operation.Number+1)
	c.wait(timerThink, id, c.config.ThinkTime.Pick(c.world.Random(drawThinkTime, id)))
}

// redirect goes where the leader is said to be, at once if that is another server than the one that was asked, and
// after a pause otherwise. When as many as there are servers have each named another one, it pauses, too: they may
// name each other for ever.
func (c *Client) redirect(leader kv.NodeID) {
	if leader != 0 && leader != c.target && c.operation.told < c.config.Servers {
		c.operation.told++
		c.target = leader
		c.ask()
		return
	}
	c.operation.told = 0
	c.target = c.after(c.target)
	id := world.CausalID(c.operation.ref.ID).Child(namePause, c.id, 0, uint64(c.operation.tries), 0)
	c.operation.pause = c.wait(timerPause, id, redirectPause)
}

// tryTimedOut asks another server.
func (c *Client) tryTimedOut(t world.Timer) {
	if uint64(t.ID) != c.try.ref.ID {
		return
	}
	if c.try.span != nil {
		c.try.span.Fail(worldspans.ErrorTypeTimeout, "no answer in time")
	}
	c.try = try{}
	c.operation.told = 0
	c.target = c.after(c.target)
	c.ask()
}

// process is the process of a server.
func (c *Client) process(server kv.NodeID) world.ProcessID {
	return world.NewProcessID(c.config.Asks, uint32(server))
}

// after is the server that follows in the order of their numbers, around.
func (c *Client) after(id kv.NodeID) kv.NodeID {
	return kv.NodeID(uint64(id)%uint64(c.config.Servers) + 1)
}

// Crash implements world.Process.
func (c *Client) Crash() {
	if c.try.span != nil {
		c.try.span.Fail(worldspans.ErrorTypeCrash, "the process crashed")
	}
	if c.operation.span != nil {
		c.operation.span.Fail(worldspans.ErrorTypeCrash, "the process crashed")
	}
	c.try, c.operation.span, c.operation.open = try{}, nil, false
}

// Restart implements world.Process: a client keeps nothing, so one that crashed is gone. Its operation's outcome is not
// known.
func (c *Client) Restart() { c.done = c.config.Total() }

// Finish implements world.Process: what is not answered by now never will be.
func (c *Client) Finish() {
	if c.try.span != nil {
		c.try.span.Unfinished()
	}
	if c.operation.span != nil {
		c.operation.span.Unfinished()
	}
	c.try, c.operation.span = try{}, nil
}
