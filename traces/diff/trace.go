package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/diff/outcome"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Trace is a trace that is ready to be compared.
type Trace struct {
	*index.Trace

	protocol *Protocol
	prints   []content.Print // of each span
	run      *read.Span      // raftkv.run, if the trace has it
	last     time.Duration   // when the last span ends, from the beginning of the run
	lastRoot time.Duration   // when the last one begins that no other caused
	outcome  *outcome.Outcome
	ignored  []string
	names    content.Names // of all attributes; nil if none is ignored
}

// ReadOptions are how a trace is made ready.
type ReadOptions struct {
	Ignore   []string        // attributes that are not looked at
	Progress func(bytes int) // is told how many more bytes were read; may be nil
}

// Read makes the trace in a file, or in the folder of a run, ready to be compared. Close closes the file.
func Read(ctx context.Context, path string, p Protocol, o ReadOptions) (*Trace, error) {
	return ReadFrom(ctx, index.File(path), p, o)
}

// ReadFrom is Read for a trace that is anywhere.
func ReadFrom(ctx context.Context, from index.Source, p Protocol, o ReadOptions) (*Trace, error) {
	return readTrace(ctx, from, &p, o, 0)
}

// ReadInput is Read for a trace that is anywhere; name is what errors and reports call it.
func ReadInput(ctx context.Context, name string, input io.ReaderAt, p Protocol, o ReadOptions) (*Trace, error) {
	return readTrace(ctx, index.Input(name, input), &p, o, 0)
}

// gathered is what is taken of the spans of a line while they are read.
type gathered struct {
	prints   []content.Print
	outcomes []func(*outcome.Outcome)
	runs     []runSpan
	names    content.Names
}

// runSpan is raftkv.run, and the line that it stands in.
type runSpan struct {
	read.Span

	line int
}

func readTrace(ctx context.Context, from index.Source, p *Protocol, o ReadOptions, cut time.Duration) (*Trace, error) {
	x := &Trace{protocol: p, ignored: o.Ignore, outcome: outcome.New(&p.Landmarks)}
	if slices.ContainsFunc(o.Ignore, func(name string) bool { return name != IgnoreTime }) {
		x.names = content.Names{} // one that is ignored may be misspelt
	}
	var prints [][]content.Print
	var runs []runSpan
	take := func(_ int32, g gathered) error {
		prints = append(prints, g.prints)
		for _, add := range g.outcomes {
			add(x.outcome)
		}
		runs = append(runs, g.runs...)
		for key := range g.names {
			x.keepName(key)
		}
		return nil
	}
	options := index.Options{
		Progress: o.Progress, Lists: span.Lists(p.Specs), Replies: p.Landmarks.Replies, Resolution: cut,
	}
	var err error
	x.Trace, err = index.ReadEach(ctx, from, options, x.newWorker, take)
	if err != nil {
		return nil, err
	}
	if err := x.check(runs); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	x.prints = slices.Concat(prints...)
	if len(runs) > 0 {
		x.run = &runs[0].Span
	}
	for i := range int32(x.Len()) {
		x.last = max(x.last, time.Duration(x.end(i)))
		if x.Entry(i).Parent == 0 {
			x.lastRoot = max(x.lastRoot, time.Duration(x.start(i)))
		}
	}
	x.outcome.Finish(x.Epoch)
	return x, nil
}

// newWorker returns a function that gathers what is taken of the spans of a line.
func (x *Trace) newWorker() func(*read.Line) gathered {
	h := content.NewHasher(x.protocol.keys(), x.ignored)
	return func(line *read.Line) gathered {
		g := gathered{prints: make([]content.Print, len(line.Spans))}
		if x.names != nil {
			g.names = content.Names{}
		}
		for i := range line.Spans {
			s := &line.Spans[i]
			putInOrder(s)
			g.prints[i] = h.Print(s)
			if add := outcome.Of(s, &x.protocol.Landmarks); add != nil {
				g.outcomes = append(g.outcomes, add)
			}
			if s.Name == worldspans.RunName {
				run := runSpan{*s, line.Places[i].Line}
				run.Attributes = slices.Clone(s.Attributes)
				g.runs = append(g.runs, run)
			}
			if x.names != nil {
				g.names.Add(s)
			}
		}
		return g
	}
}

// check says what no trace of a run has: two spans with one id, or two runs.
func (x *Trace) check(runs []runSpan) error {
	if len(runs) > 1 {
		return fmt.Errorf("%s:%d: two runs in one file: the second begins here, with %s", x.Name, runs[1].line, runs[1].ID)
	}
	if i, j, clash := x.Clash(); clash {
		a, b := x.Shape(i), x.Shape(j)
		return fmt.Errorf("%s: ids clash: %s is the id of two spans, %s of %s and %s of %s", x.Name, x.Entry(i).ID,
			words.Printable(a.Name), words.Printable(a.Service), words.Printable(b.Name), words.Printable(b.Service))
	}
	return nil
}

// putInOrder puts a span's events in order: Jaeger's API v3 has them by their names.
func putInOrder(s *read.Span) {
	order := func(a, b read.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) }
	if !slices.IsSortedFunc(s.Events, order) {
		s.Events = slices.Clone(s.Events) // they may be shared
		slices.SortStableFunc(s.Events, order)
	}
}

// cutTo returns the trace with its times cut to a resolution, if they are finer: it is read once more.
func (x *Trace) cutTo(ctx context.Context, resolution time.Duration) (*Trace, error) {
	if x.Finest >= resolution {
		return x, nil
	}
	return readTrace(ctx, x.Source(), x.protocol, ReadOptions{Ignore: x.ignored}, resolution)
}

// span returns a span with all that it says, read again.
func (x *Trace) span(i int32) *read.Span {
	s := x.Span(i)
	putInOrder(s)
	return s
}

// start returns when a span begins, in ns from the beginning of the run.
func (x *Trace) start(i int32) int64 { return x.Entry(i).Start - x.Epoch.UnixNano() }

// end returns when a span ends, in ns from the beginning of the run.
func (x *Trace) end(i int32) int64 { return x.Entry(i).End - x.Epoch.UnixNano() }

// root returns the number of the span that began the trace of a span.
func (x *Trace) root(i int32) int32 { return x.Find(x.Entry(i).Root) }

func (x *Trace) isRun(i int32) bool { return x.Shape(i).Name == worldspans.RunName }

// about returns what the run's own span says, which is of what made the trace.
func (x *Trace) about(key attribute.Key) string {
	if x.run == nil {
		return ""
	}
	return x.run.Attribute(key).AsString()
}

// The store's spans.

// isOperation says whether spans of a name are clients' operations.
func isOperation(name string) bool { return strings.HasPrefix(name, "kv.") }

// isRequest says whether spans of a name are what clients ask servers for. An answer may leave long after the request
// was handled.
func isRequest(name string) bool { return strings.HasPrefix(name, "raftkv.KV/") }

// isClient says whether a text names a client, and not a part of what is compared.
func isClient(text string) bool { return strings.HasPrefix(text, kvspans.ServiceClient+"-") }

// handles says whether spans are as long as the handling of a message takes.
func handles(s *index.Shape) bool {
	return (s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer) && !isRequest(s.Name)
}

// isFate says whether an event tells what became of a message.
func isFate(e *read.Event) bool {
	return e.Name == worldspans.EventDrop || e.Name == worldspans.EventDelay || e.Name == worldspans.EventDuplicate
}

// checkIgnored says which attributes that are not to be looked at there are not.
func (x *Trace) checkIgnored(other *Trace) []error {
	if x.names == nil {
		return nil
	}
	attributes := slices.DeleteFunc(slices.Clone(x.ignored), func(name string) bool { return name == IgnoreTime })
	return content.CheckIgnored(attributes, x.protocol.Specs, x.names, other.names)
}

// keepName keeps the name of an attribute; of very many, which no trace of a run has, only those that are ignored.
func (x *Trace) keepName(key attribute.Key) {
	const most = 1 << 12
	if len(x.names) < most || slices.Contains(x.ignored, string(key)) {
		x.names[key] = true
	}
}
