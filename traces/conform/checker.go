package conform

import (
	"context"
	"sync"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Checker says from a trace alone what is wrong with it: where it does not conform to the spec, and which rules of
// the protocol the run broke that the trace tells of. What the run says of itself, its config and its violation, does
// not count. Spans may come in any order.
type Checker struct {
	protocol Protocol
	tables   *Tables
	single   *gatherer // of spans that are added one by one
	facts    *Facts
	found    *Findings // by each span alone, and its id
	finish   sync.Once

	began     bool
	run       uint64 // of the first span
	others    int    // the spans of other runs
	firstElse *Span  // the first of them
}

// New makes a checker of traces of a protocol.
func New(p Protocol) *Checker {
	t := NewTables(p)
	return &Checker{
		protocol: p, tables: t, single: &gatherer{tables: t, worker: p.Worker()}, found: NewFindings(),
		facts: &Facts{tables: t, byID: map[world.CausalID]*Span{}, numbers: map[string]int32{}},
	}
}

// Expect makes room for so many spans.
func (c *Checker) Expect(spans int) {
	if len(c.facts.Spans) == 0 {
		room := spans + spans/16 // that there are a few more must not cost a copy of all
		c.facts.Spans, c.facts.byID = make([]*Span, 0, room), make(map[world.CausalID]*Span, room)
	}
}

// Add adds a span, which stands in this line of its file. Nothing of the span is kept.
func (c *Checker) Add(s *span.Span, line int) {
	c.take(c.single.gather([]span.Span{*s}, func(int) int { return line }))
}

// take takes spans in the file's order.
func (c *Checker) take(g gathered) {
	f := c.facts
	f.Resolution = max(f.Resolution, g.resolution)
	for i := range g.spans {
		s := &g.spans[i]
		entered := c.enter(s)
		for len(g.found) > 0 && g.found[0].at == s {
			if entered {
				c.found.add(g.found[0])
			}
			g.found = g.found[1:]
		}
	}
}

// enter keeps a span, unless it is of another run or has the id of another.
func (c *Checker) enter(s *Span) bool {
	f := c.facts
	if !c.began {
		c.began, c.run, f.Epoch = true, s.run, s.Start
	}
	if s.run != c.run {
		if c.others++; c.others == 1 {
			c.firstElse = s
		}
		return false
	}
	f.Epoch = min(f.Epoch, s.Start)
	s.ProcessNumber = f.process(s.Process)
	if s.Peer != "" {
		f.process(s.Peer)
	}
	if first, known := f.byID[s.ID]; known {
		c.found.Add(RuleDuplicateID, s, first).
			Got("the id is also that of %s", first).Want("an id of its own: no two spans of a run share one")
		return false
	}
	if names, is := s.Facts.(interface{ Processes() []string }); is {
		for _, name := range names.Processes() {
			f.process(name)
		}
	}
	s.Place = int32(len(f.Spans))
	f.Spans, f.byID[s.ID] = append(f.Spans, s), s
	return true
}

// Facts ends the gathering, and returns what was gathered.
func (c *Checker) Facts() *Facts {
	c.finish.Do(func() { c.facts.join(c.protocol) })
	return c.facts
}

// Report ends the gathering, and says all that is wrong. Findings of the caller are added behind the others.
func (c *Checker) Report(more *Findings) Report {
	f := c.Facts()
	checks := []func(*Findings){
		func(found *Findings) { links(f, c.protocol, found); parents(f, c.protocol, found) },
		func(found *Findings) { deliveries(f, c.protocol, found) },
		func(found *Findings) { c.protocol.Check(f, found) },
		func(found *Findings) { steps(f, found) },
	}
	results := make([]*Findings, len(checks))
	var working sync.WaitGroup
	for i, check := range checks {
		results[i] = NewFindings()
		working.Go(func() { check(results[i]) })
	}
	working.Wait()
	all := NewFindings()
	for _, found := range append([]*Findings{c.found}, results...) {
		all.Join(found)
	}
	c.mixed(all)
	all.Join(more)
	c.unfinished(all)
	return c.report(all)
}

// mixed finds that there were spans of other runs, once.
func (c *Checker) mixed(found *Findings) {
	if c.others > 0 {
		found.Add(RuleMixedRuns, c.firstElse).
			Got("%s of the file are of another run than its first span; the trace id of the first of them begins "+
				"with %016x, and not with %016x", words.Counted(c.others, "span"), c.firstElse.run, c.run).
			Want("the spans of one run; those of the others are not judged: give them files of their own")
	}
}

// Read adds the spans of a file, all of them. They are decoded and looked at on all processors.
func (c *Checker) Read(ctx context.Context, r *read.Reader) error {
	r.Know(c.tables.lists)
	newWorker := func() func(*read.Line) gathered {
		g := &gatherer{tables: c.tables, worker: c.protocol.Worker()}
		return func(l *read.Line) gathered {
			return g.gather(l.Spans, func(i int) int { return l.Places[i].Line })
		}
	}
	return read.Each(ctx, r, newWorker, func(g gathered) error { c.take(g); return nil })
}

// Export adds a span of a run that goes on. The spans are numbered, as if each stood in a line of its own.
func (c *Checker) Export(_ context.Context, s *span.Span) error {
	c.Add(s, len(c.facts.Spans)+1)
	return nil
}

// Shutdown does nothing: all is kept in memory.
func (*Checker) Shutdown(context.Context) error { return nil }
