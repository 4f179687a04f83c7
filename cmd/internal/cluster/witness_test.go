package cluster_test

import (
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// witness sees a run from outside: what each process is told, what it sends then, and which spans it begins and ends.
type witness struct {
	steps []*stepSeen // of all processes, as they took place
	now   map[string]*stepSeen
}

// stepSeen is one step of a process.
type stepSeen struct {
	process string
	number  int             // among all
	took    *world.Envelope // the message that it was told; nil for none
	sent    map[world.CausalID]bool
	began   []world.CausalID // spans, in order
	ended   []world.CausalID
	order   map[edge]int // of the beginnings and the ends
	undone  bool         // the process crashed within it: nothing that it did was heard of
}

// edge is the beginning of a span, or its end.
type edge struct {
	span world.CausalID
	ends bool
}

func (s *stepSeen) sees(span world.CausalID, ends bool) {
	s.order[edge{span, ends}] = len(s.order)
}

// processSeen stands between a process and its world.
type processSeen struct {
	world.Process
	*witness
}

// worldSeen is what the process sees of the world.
type worldSeen struct {
	world.World
	*witness
	process string
}

func (w *witness) around(p world.Process) world.Process { return processSeen{p, w} }

func (p processSeen) step(took *world.Envelope) {
	name := p.ID().String()
	s := &stepSeen{process: name, number: len(p.steps), took: took, sent: map[world.CausalID]bool{}, order: map[edge]int{}}
	p.steps, p.now[name] = append(p.steps, s), s
}

func (p processSeen) Start(w world.World) {
	p.step(nil)
	p.Process.Start(worldSeen{w, p.witness, p.ID().String()})
}

func (p processSeen) Receive(e world.Envelope) {
	p.step(&e)
	p.Process.Receive(e)
}

func (p processSeen) Timeout(t world.Timer) {
	p.step(nil)
	p.Process.Timeout(t)
}

// WritesOnReceive implements world.Writer for a process that does.
func (p processSeen) WritesOnReceive(e world.Envelope) bool {
	w, ok := p.Process.(world.Writer)
	return ok && w.WritesOnReceive(e)
}

// WritesOnTimeout implements world.Writer for a process that does.
func (p processSeen) WritesOnTimeout(t world.Timer) bool {
	w, ok := p.Process.(world.Writer)
	return ok && w.WritesOnTimeout(t)
}

func (p processSeen) Crash() {
	if last := p.now[p.ID().String()]; last != nil {
		last.undone = len(last.ended) == 0
	}
	p.step(nil)
	p.Process.Crash()
}

func (p processSeen) Restart() { p.step(nil); p.Process.Restart() }
func (p processSeen) Finish()  { p.step(nil); p.Process.Finish() }

func (w worldSeen) Send(e world.Envelope) world.Fate {
	w.now[w.process].sent[e.ID] = true
	return w.World.Send(e)
}

// recorderSeen has the witness see what is recorded.
type recorderSeen struct {
	*record.Recorder

	w *witness
}

func (r recorderSeen) Begun(s *span.Span) {
	if step := r.w.now[s.Service]; step != nil { // else it is the world's
		step.began = append(step.began, s.ID)
		step.sees(s.ID, false)
	}
	r.Recorder.Begun(s)
}

func (r recorderSeen) Ended(s *span.Span) {
	if step := r.w.now[s.Service]; step != nil {
		step.ended = append(step.ended, s.ID)
		step.sees(s.ID, true)
	}
	r.Recorder.Ended(s)
}

// witnessed is a run with its trace and what a witness saw of it.
func witnessed(t *testing.T, c *config.Resolved) (*witness, []traces.Span) {
	t.Helper()
	w, kept := &witness{now: map[string]*stepSeen{}}, &tracetest.Memory{}
	recorder := record.NewRecorder(record.RecorderOptions{}, kept)
	if _, err := cluster.New(c.Config,
		cluster.Options{
			Recorder: recorderSeen{recorder, w}, Around: w.around,
			Unchecked: true,
		}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w, kept.Spans
}
