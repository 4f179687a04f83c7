package conform

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// Span is what is kept of a span. Times are in ns since 1970.
type Span struct {
	Kind       *Kind // nil if the spec declares none such
	ID, Root   world.CausalID
	ParentID   world.CausalID // 0 for a root
	Parent     *Span          // nil if it is not in the file
	Name       string
	Process    string
	Peer       string // empty if it names none
	Reply      string // its name; empty for none
	Role       string // empty if it says none that there is
	Term       uint64
	Start, End int64
	Links      []Link
	Facts      any // what the protocol keeps of it
	Persist    *Persist

	Receiver, Second *Span // of a message: the span that handles it, and the one that handles its second copy

	Step, LastStep uint32 // the numbers of the steps that it begins in and that it says to end in; 0 for none
	Copy           uint8  // which copy of a message it handles
	Failed         bool   // it ended with an error
	Unfinished     bool   // the run ended before it did
	Crashed        bool   // its process crashed before it ended
	Dropped        bool   // its message was lost, or the first of two copies
	LostCopy       bool   // the second copy of its message was lost
	Delayed        bool   // a copy of its message came late
	Doubled        bool   // its message came twice
	AnsweredSecond bool   // the answer that it got is to the second copy of its message
	HitByFault     bool   // a fault lost something that it sent

	Place         int32 // in the file, among the spans that are kept
	ProcessNumber int32 // of its process, in the order in which the file names them

	run    uint64
	line   int32
	delays *[2]int64
}

// Link is a link to another span.
type Link struct {
	ID, Root world.CausalID
	Why      string // as it says; empty where it says nothing that the spec knows
	Index    uint64 // that it says; 0 for none
	Target   *Span  // nil if it is not in the file

	odd bool // it says more than links do
}

// Persist is an event that tells what its process made durable.
type Persist struct {
	At   int64
	Step uint32
	Says any // as the protocol keeps it
}

// EndStep returns the number of the step that the span ends in; 0 where steps have none.
func (s *Span) EndStep() uint32 { return cmp.Or(s.LastStep, s.Step) }

// Is says whether the span is of a kind with one of these ids. No span is of none.
func (s *Span) Is(ids ...string) bool { return s != nil && s.Kind.Is(ids...) }

// Facts is what was gathered of a trace. It does not change any more.
type Facts struct {
	Spans      []*Span   // in the file's order
	ByProcess  [][]*Span // the same, by the numbers of their processes
	Processes  int       // that spans name
	Epoch      int64     // the earliest start, in ns since 1970
	Resolution time.Duration
	Part       bool   // of a run: what is not in the file may be elsewhere
	Tells      bool   // see Protocol.Tells
	LinksSay   bool   // why they are there: Jaeger's JSON has no room for that
	Numbered   []bool // by the numbers of processes, whether their steps have numbers

	tables  *Tables
	byID    map[world.CausalID]*Span
	numbers map[string]int32 // of processes
}

// Span returns the span with an id; nil if there is none.
func (f *Facts) Span(id world.CausalID) *Span { return f.byID[id] }

// process returns the number of a process.
func (f *Facts) process(name string) int32 {
	n, known := f.numbers[name]
	if !known {
		n = int32(len(f.numbers))
		f.numbers[strings.Clone(name)] = n
	}
	return n
}

// join has spans know each other: parents, targets of links, and who handles a message.
func (f *Facts) join(p Protocol) {
	declared := false
	f.Part, f.Numbered = true, make([]bool, len(f.numbers))
	for _, s := range f.Spans {
		if s.Step > 0 {
			f.Numbered[s.ProcessNumber] = true
		}
		if s.Kind != nil {
			declared, f.Part = true, f.Part && s.Kind.ID != spans.RunID
		}
		if s.Parent = f.byID[s.ParentID]; s.Parent != nil && s.Kind != nil && s.Kind.Receives {
			s.Parent.handledBy(s)
		}
		for i := range s.Links {
			l := &s.Links[i]
			l.Target, f.LinksSay = f.byID[l.ID], f.LinksSay || l.Why != ""
		}
		if fault, is := s.Facts.(*Fault); is && fault.Kind == spans.FaultLoseUnsynced {
			f.process(fault.Target)
		}
	}
	f.Part = f.Part && declared
	f.Processes = len(f.numbers)
	f.ByProcess = make([][]*Span, f.Processes)
	for _, s := range f.Spans {
		f.ByProcess[s.ProcessNumber] = append(f.ByProcess[s.ProcessNumber], s)
	}
	f.Tells = p.Tells(f)
}

// handledBy notes the span that handles a message: of several the first that handles no copy.
func (s *Span) handledBy(by *Span) {
	if by.Copy > 0 && s.Second == nil {
		s.Second = by
	}
	if s.Receiver == nil || by.Copy == 0 && s.Receiver.Copy > 0 {
		s.Receiver = by
	}
}

// Answerer returns the span of the copy of a call's message that the call says was answered; nil where it says of no
// answer, or nobody handled that copy.
func (s *Span) Answerer() *Span {
	switch {
	case s.Reply == "":
		return nil
	case s.AnsweredSecond:
		return s.Second
	case s.Receiver != nil && s.Receiver.Copy > 0:
		return nil
	}
	return s.Receiver
}

// delaysOf returns by how much the two copies of a message were late, in ns.
func (s *Span) delaysOf() [2]int64 {
	if s.delays == nil {
		return [2]int64{}
	}
	return *s.delays
}

// Sorted returns the spans that are wanted, in the order of time. What is healed may be hurt anew at once.
func (f *Facts) Sorted(wanted func(*Span) bool) []*Span {
	var list []*Span
	for _, s := range f.Spans {
		if s.Kind != nil && wanted(s) {
			list = append(list, s)
		}
	}
	heals := func(s *Span) int {
		if fault, is := s.Facts.(*Fault); is && fault.Kind == spans.FaultHeal {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b *Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(heals(a), heals(b)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Since says when a moment was, counted from the beginning of the run.
func (f *Facts) Since(at int64) string { return words.Milliseconds(time.Duration(at - f.Epoch)) }

// Name returns a process within a sentence.
func Name(process string) string { return QuotedOr(process, "nobody") }

// String is the span within a sentence.
func (s *Span) String() string {
	return words.Printable(s.Name) + " " + s.ID.String() + " of " + words.Printable(s.Process)
}

// microsecond is how much of an end Jaeger may cut off, in ns: of each span it keeps the start and the duration, each
// without what is less than a microsecond, so that an end may be told earlier by this than what was at the same time.
// Not all formats say that their times were cut: all that can be told then is that whole microseconds may have been.
const microsecond = int64(time.Microsecond)

// OneMoment is how far apart, in ns, what a process and the world do at one moment may be told: each thing is told in
// the microsecond after the one before it.
const OneMoment = 100 * microsecond

// MayBeCut says whether a time may be one that was cut to microseconds.
func MayBeCut(at int64) bool { return at%microsecond == 0 }

// Later says whether a moment is after the end of a span, as far as the times can tell.
func Later(at, end int64) bool {
	return at > end+microsecond || at > end && (!MayBeCut(at) || !MayBeCut(end))
}

// MayBeCut says whether all times of the trace may have been cut.
func (f *Facts) MayBeCut() bool {
	return !slices.ContainsFunc(f.Spans, func(s *Span) bool { return !MayBeCut(s.Start) || !MayBeCut(s.End) })
}
