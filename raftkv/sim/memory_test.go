package sim

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// echo sends back what it gets, with a timeout for each message that the next one stops, and restarts a timer each
// time.
type echo struct {
	world.World
	id       world.ProcessID
	peer     world.ProcessID
	left     *int
	most     *int
	sim      *Sim
	timeout  world.TimerHandle
	watchdog world.TimerHandle
	messages int
}

func (p *echo) ID() world.ProcessID { return p.id }
func (p *echo) Timeout(world.Timer) {}
func (p *echo) Crash()              {}
func (p *echo) Restart()            {}
func (p *echo) Finish()             {}

func (p *echo) Start(w world.World) {
	p.World = w
	p.send()
}

func (p *echo) Receive(world.Envelope) {
	*p.left--
	if *p.left < 0 {
		return
	}
	p.StopTimer(p.timeout)
	p.watchdog = p.SetTimer(p.watchdog, world.Timer{Kind: 2, ID: 1}, 150*time.Millisecond)
	p.send()
	*p.most = max(*p.most, len(p.sim.queue.events))
}

func (p *echo) send() {
	p.messages++
	id := world.RootID(p.id, 1, uint64(p.messages), 0)
	p.timeout = p.SetTimer(0, world.Timer{Kind: 1, ID: id}, 100*time.Millisecond)
	p.Send(world.Envelope{ID: id, To: p.peer, Payload: p})
}

func echoes(t *testing.T, messages int) (mostQueued int) {
	t.Helper()
	left := messages
	s := New(Config{
		Latency:  world.Range{Min: time.Millisecond, Max: 5 * time.Millisecond},
		StepTime: world.Range{Min: 1000, Max: 9000},
	})
	for i := range uint32(8) {
		s.Add(&echo{
			id: world.NewProcessID(world.NodeGroup, i+1), peer: world.NewProcessID(world.NodeGroup, i^1+1),
			left: &left, most: &mostQueued, sim: s,
		})
	}
	outcome, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Deliveries < uint64(messages) {
		t.Fatalf("%d deliveries of %d", outcome.Deliveries, messages)
	}
	return mostQueued
}

// Of 8 processes, each has a message on its way or a step, and two timers that it sets anew with each message. The
// queue must hold that and no timers that were stopped, of which there are some hundred before each would have run out.
func TestStoppedTimersDoNotPileUp(t *testing.T) {
	if most := echoes(t, 20_000); most > 8*(1+2)+8 {
		t.Errorf("%d elements in the queue, want about 24", most)
	}
}

// A long timer is stopped before a short one is set, over and over: the element of the long one comes up too late for
// the short one, which has to find another slot.
func TestSlotsDoNotPileUp(t *testing.T) {
	const turns, long, short = 100_000, 500, 20
	var timers timers
	set := func(deadline time.Duration) world.TimerHandle {
		h, _ := timers.set(world.Timer{}, deadline)
		return h
	}
	var running world.TimerHandle
	for now := range time.Duration(turns) {
		for place := range timers.slots {
			if at := timers.slots[place].queued; at != notQueued && at <= now {
				timers.surface(uint32(place))
			}
		}
		timers.stop(running)
		timers.stop(set(now + short))
		running = set(now + long)
	}
	if slots := len(timers.slots); slots > 2*long/short || slots != 1+len(timers.free)+len(timers.idle) {
		t.Errorf("%d slots, of which %d are free and %d idle, for one timer that runs: want about %d", slots,
			len(timers.free), len(timers.idle), long/short)
	}
}

func TestADeliveryAllocatesNothing(t *testing.T) {
	few := testing.AllocsPerRun(1, func() { echoes(t, 1_000) })
	many := testing.AllocsPerRun(1, func() { echoes(t, 101_000) })
	if many > few+20 {
		t.Errorf("100,000 more deliveries made %.0f allocations", many-few)
	}
}

func TestAMessageThatWasHandledIsLetGo(t *testing.T) {
	var f flights
	f.release(f.put(&world.Envelope{Payload: "large"}))
	if f.envelopes[0].Payload != nil {
		t.Error("the payload is kept")
	}
}

func TestTheMailboxIsFirstInFirstOut(t *testing.T) {
	var m mailbox
	in, out := uint32(0), uint32(0)
	for i := range uint64(5000) {
		if random(i, 100) < 55 && i < 4000 || out == in {
			m.put(letter{message: in})
			in++
			continue
		}
		l, ok := m.take()
		if !ok || l.message != out {
			t.Fatalf("turn %d: letter %d (%t), want %d", i, l.message, ok, out)
		}
		out++
	}
	for ; out < in; out++ {
		if l, ok := m.take(); !ok || l.message != out {
			t.Fatalf("letter %d (%t), want %d", l.message, ok, out)
		}
	}
	if l, ok := m.take(); ok {
		t.Errorf("letter %d of an empty mailbox", l.message)
	}
}

// A record is as long as its number says, and full of it.
func record(i int) []byte { return slices.Repeat([]byte{byte(i)}, i*i%613) }

func TestADiskKeepsRecordsAsTheyWere(t *testing.T) {
	var j journal
	const records = 10_000 // about 3 MB, over several chunks
	buffer := []byte{}
	for i := range records {
		buffer = append(buffer[:0], record(i)...)
		if err := j.Append(buffer); err != nil {
			t.Fatal(err)
		}
	}
	big := make([]byte, 3*largeChunk)
	big[len(big)-1] = 7
	if err := j.Append(big); err != nil {
		t.Fatal(err)
	}
	i := 0
	for r := range j.Records() {
		want := big
		if i < records {
			want = record(i)
		}
		if !slices.Equal(r, want) {
			t.Fatalf("record %d has %d bytes, want %d, or other ones", i, len(r), len(want))
		}
		if cap(r) != len(r) {
			t.Fatalf("an append to record %d would write over the next", i)
		}
		i++
	}
	if i != records+1 {
		t.Errorf("%d records, want %d", i, records+1)
	}
	for range j.Records() {
		break // must not be called again
	}
}

// Wherever the last sync was, before or behind the end of a chunk, that and no more is left.
func TestADiskForgetsWhatWasNotSynced(t *testing.T) {
	for synced := range 200 {
		var j journal
		j.crash()
		for i := range 200 {
			if i == synced {
				if err := j.Sync(); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.Append(record(i)); err != nil {
				t.Fatal(err)
			}
		}
		j.crash()
		j.crash()
		for i := synced; i < 200; i += 7 {
			if err := j.Append(record(i)); err != nil {
				t.Fatal(err)
			}
		}
		var got [][]byte
		for r := range j.Records() {
			got = append(got, r)
		}
		var want [][]byte
		for i := range 200 {
			if i < synced || (i-synced)%7 == 0 {
				want = append(want, record(i))
			}
		}
		if !slices.EqualFunc(got, want, slices.Equal[[]byte]) {
			t.Fatalf("synced %d: %d records, want %d, or other ones", synced, len(got), len(want))
		}
	}
}

func TestADiskCostsLittleMoreThanItsBytes(t *testing.T) {
	const records, size = 500_000, 50
	var before, after runtime.MemStats
	var j journal
	bytes := make([]byte, size)
	runtime.ReadMemStats(&before)
	for range records {
		if err := j.Append(bytes); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if got, want := after.TotalAlloc-before.TotalAlloc, uint64(records*size*108/100); got > want {
		t.Errorf("%d bytes for %d records of %d, want no more than %d", got, records, size, want)
	}
	if got := after.Mallocs - before.Mallocs; got > 200 {
		t.Errorf("%d allocations for %d records", got, records)
	}
}

// Wherever the last record is, in the first chunk or behind the end of one, it is the one that is torn; and what is
// appended later lies behind what is left of it.
func TestADiskTearsTheLastRecord(t *testing.T) {
	for count := range 200 {
		var j journal
		var want [][]byte
		for i := range count {
			if i == count/2 {
				_ = j.Sync()
			}
			_ = j.Append(record(i))
			want = append(want, record(i))
		}
		keep := 0
		j.tear(func(length int) int { keep = max(1, length/3); return keep })
		if last := len(want) - 1; last >= 0 {
			if len(want[last]) < 2 {
				want = want[:last]
			} else {
				want[last] = want[last][:keep]
			}
		}
		j.crash()
		_ = j.Append(record(count))
		want = append(want, record(count))
		var got [][]byte
		for r := range j.Records() {
			got = append(got, r)
		}
		if !slices.EqualFunc(got, want, slices.Equal[[]byte]) {
			t.Fatalf("%d records: the disk has %d, want %d, or other ones", count, len(got), len(want))
		}
	}
}
