package sim_test

import (
	"container/heap"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// caller calls a partner over and over, with a timeout that the answer stops; and answers what it is called for, at
// which it restarts a timer as a follower does at each heartbeat.
type caller struct {
	world    world.World
	id       world.ProcessID
	partner  world.ProcessID
	calls    int
	budget   *int
	name     world.Name
	call     world.CausalID
	timeout  world.TimerHandle
	watchdog world.TimerHandle
}

func (c *caller) ID() world.ProcessID { return c.id }

func (c *caller) Start(w world.World) {
	c.world = w
	c.next()
}

func (c *caller) next() {
	c.calls++
	c.call = world.RootID(c.id, c.name, uint64(c.calls), 0)
	c.timeout = c.world.SetTimer(0, world.Timer{Kind: 1, ID: c.call}, 100*time.Millisecond)
	c.world.Send(world.Envelope{ID: c.call, Root: c.call, To: c.partner, Payload: c})
}

func (c *caller) Receive(e world.Envelope) {
	*c.budget--
	if e.InReplyTo == 0 {
		c.watchdog = c.world.SetTimer(c.watchdog, world.Timer{Kind: 2, ID: world.CausalID(c.id)}, 150*time.Millisecond)
		c.world.Send(world.Envelope{
			ID: e.ID.Child(c.name, c.id, e.From, 0, 0), Root: e.Root, To: e.From, InReplyTo: e.ID,
			Payload: c,
		})
		return
	}
	c.world.StopTimer(c.timeout)
	if *c.budget > 0 {
		c.next()
	}
}

func (c *caller) Timeout(world.Timer) { *c.budget-- }
func (c *caller) Crash()              {}
func (c *caller) Restart()            {}
func (c *caller) Finish()             {}

// BenchmarkDeliveries is what the world adds to one message handled: eight processes in pairs, a timer set and stopped
// for each call.
func BenchmarkDeliveries(b *testing.B) {
	budget := b.N
	s := sim.New(sim.Config{
		Seed:     1,
		Latency:  world.Range{Min: time.Millisecond, Max: 5 * time.Millisecond},
		StepTime: world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond},
		Finished: func() bool { return budget <= 0 },
	})
	for i := range uint32(8) {
		s.Add(&caller{
			id:      world.NewProcessID(world.NodeGroup, i+1),
			partner: world.NewProcessID(world.NodeGroup, i^1+1),
			budget:  &budget, name: world.NameOf("call"),
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	outcome, err := s.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(outcome.Deliveries)/b.Elapsed().Seconds(), "deliveries/s")
}

type call struct {
	at       time.Duration
	sequence int
	function func()
}

type calls []call

func (c calls) Len() int { return len(c) }
func (c calls) Less(i, j int) bool {
	return c[i].at < c[j].at || c[i].at == c[j].at && c[i].sequence < c[j].sequence
}
func (c calls) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *calls) Push(x any)   { *c = append(*c, x.(call)) }

func (c *calls) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}

// BenchmarkContainerHeapLoop is the measure that deliveries are held against: the loop of a bare event simulator on the
// standard library's heap, without a network, timers or processes. Each turn takes the first of 1,000 elements, calls
// its function and puts it back for later.
func BenchmarkContainerHeapLoop(b *testing.B) {
	called := 0
	function := func() { called++ }
	var pending calls
	for i := range 1000 {
		heap.Push(&pending, call{at: delay(i), sequence: i, function: function})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		next := heap.Pop(&pending).(call)
		next.function()
		heap.Push(&pending, call{at: next.at + delay(1000+i), sequence: 1000 + i, function: function})
	}
	if called != b.N {
		b.Fatalf("%d calls, want %d", called, b.N)
	}
}

func delay(i int) time.Duration {
	return time.Duration(world.Draw(1, 0, world.CausalID(i)) % uint64(5*time.Millisecond))
}
