package conform

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// Rule is what a trace has to conform to.
type Rule struct {
	ID      string // or an invariant's name
	Says    string
	Section string // of an invariant: where it comes from
}

// SpanRef names a span of a trace that is checked.
type SpanRef struct {
	ID      world.CausalID
	Name    string
	Process string
	At      time.Duration // from the beginning of the run to when it started
	Line    int           // of the file
}

// String is the span as a finding names it.
func (s SpanRef) String() string {
	process := QuotedOr(s.Process, "a process without a name")
	at := words.Milliseconds(s.At)
	return fmt.Sprintf("%s %s of %s at %s, line %d", words.Printable(s.Name), s.ID, process, at, s.Line)
}

// Ref names a span.
func (f *Facts) Ref(s *Span) SpanRef {
	return SpanRef{ID: s.ID, Name: s.Name, Process: s.Process, At: time.Duration(s.Start - f.Epoch), Line: int(s.line)}
}

// Finding is something that is wrong with a trace.
type Finding struct {
	ID      string    // of the rule, or the invariant's name
	Rule    string    // the rule, in a sentence
	Section string    // of an invariant: where it comes from
	Span    SpanRef   // where it shows
	Clashes []SpanRef // the spans that it clashes with
	Got     string    // what is found there
	Want    string    // what would have been right
}

// Report is what a checker found.
type Report struct {
	Spans      int
	Processes  int
	Findings   []Finding      // in the order of time; of each id the first mostFindings
	Counts     map[string]int // how many there are of each id
	Unknown    []Unknown      // what the trace does not tell; of each kind there is one at most
	Epoch      time.Time      // when the run began
	Part       bool           // of a run: only what can be known of a part was checked
	Resolution time.Duration  // of the times, where they were cut on the way; 0 is as they were
}

// mostFindings is how many findings of one id are kept: who has so many has read enough.
const mostFindings = 100

// Found is a finding, while the spans are at hand.
type Found struct {
	rule      Rule
	at        *Span
	clashes   []*Span
	got, want string
}

// Got says what is found, as fmt.Sprintf does.
func (f *Found) Got(format string, args ...any) *Found {
	f.got = fmt.Sprintf(format, args...)
	return f
}

// Want says what would have been right, as fmt.Sprintf does.
func (f *Found) Want(format string, args ...any) *Found {
	f.want = fmt.Sprintf(format, args...)
	return f
}

// Findings collects what is found, and what is not known.
type Findings struct {
	list    []*Found
	counts  map[string]int
	unknown map[string]*unknown // by the ids of what is not known
}

// NewFindings returns a collection without anything in it.
func NewFindings() *Findings {
	return &Findings{counts: map[string]int{}, unknown: map[string]*unknown{}}
}

// Add adds a finding, which is to be told what is found and what would have been right; a clash that is nil does not
// count.
func (f *Findings) Add(r Rule, at *Span, clashes ...*Span) *Found {
	clashes = slices.DeleteFunc(slices.Clone(clashes), func(s *Span) bool { return s == nil })
	one := &Found{rule: r, at: at, clashes: clashes}
	f.add(one)
	return one
}

func (f *Findings) add(one *Found) {
	if f.counts[one.rule.ID]++; f.counts[one.rule.ID] <= mostFindings {
		f.list = append(f.list, one)
	}
}

// Any says whether there are findings.
func (f *Findings) Any() bool { return len(f.list) > 0 }

// Join adds what another collection has.
func (f *Findings) Join(other *Findings) {
	beyond := maps.Clone(other.counts) // of each id, how many there are that were not kept
	for _, one := range other.list {
		f.add(one)
		beyond[one.rule.ID]--
	}
	for id, n := range beyond {
		f.counts[id] += n
	}
	for _, u := range other.unknown {
		f.Unknown(u.kind, u.first, u.count)
	}
}

// KeepCommon removes what another collection does not have of the same span. Of an id that has more findings than are
// kept, it removes none.
func (f *Findings) KeepCommon(other *Findings) {
	common := func(one *Found) bool {
		id := one.rule.ID
		return f.counts[id] > mostFindings || other.counts[id] > mostFindings ||
			slices.ContainsFunc(other.list, func(o *Found) bool { return o.rule.ID == id && o.at == one.at })
	}
	counts := maps.Clone(f.counts)
	f.list = slices.DeleteFunc(f.list, func(one *Found) bool {
		if common(one) {
			return false
		}
		counts[one.rule.ID]--
		return true
	})
	f.counts = counts
}

// remove removes what was found of some rules.
func (f *Findings) remove(of func(id string) bool) {
	f.list = slices.DeleteFunc(f.list, func(one *Found) bool { return of(one.rule.ID) })
	maps.DeleteFunc(f.counts, func(id string, _ int) bool { return of(id) })
}

// report makes a report of all that was found.
func (c *Checker) report(all *Findings) Report {
	f := c.Facts()
	if f.Part {
		all.remove(func(id string) bool { return !hasID(rulesOfPart, id) })
	}
	if c.isOfOtherSpec() {
		all.remove(func(id string) bool { return hasID(rulesOfThisSpec, id) })
		all.Unknown(unknownSpec, nil, 1)
	}
	slices.SortStableFunc(all.list, func(a, b *Found) int {
		return cmp.Or(cmp.Compare(a.at.Start, b.at.Start), cmp.Compare(a.at.line, b.at.line))
	})
	r := Report{
		Spans: len(f.Spans), Processes: f.Processes, Counts: all.counts, Unknown: all.unknowns(f),
		Epoch: time.Unix(0, f.Epoch).UTC(), Part: f.Part, Resolution: f.Resolution,
	}
	for _, one := range all.list {
		finding := Finding{
			ID: one.rule.ID, Rule: one.rule.Says, Section: one.rule.Section, Span: f.Ref(one.at),
			Got: words.Printable(one.got), Want: words.Printable(one.want),
		}
		for _, s := range one.clashes {
			finding.Clashes = append(finding.Clashes, f.Ref(s))
		}
		r.Findings = append(r.Findings, finding)
	}
	return r
}

// isOfOtherSpec says whether the build that made the trace had another spec, as it says itself.
func (c *Checker) isOfOtherSpec() bool {
	return slices.ContainsFunc(c.facts.Spans, func(s *Span) bool {
		build, is := s.Facts.(Build)
		return is && strings.HasPrefix(string(build), "spec-") &&
			!strings.HasPrefix(string(build), "spec-"+c.tables.spec.Hash+"-")
	})
}

// Unknown is something that a trace does not tell, so that it cannot be checked. It is no finding: nothing is wrong
// with a trace for it.
type Unknown struct {
	ID    string
	Says  string // what is not known, and why
	Count int
	First SpanRef // the first in the file that it is not known of; of no name where it is of the whole trace
}

// UnknownKind is a kind of what is not known.
type UnknownKind struct {
	ID    string
	Order int    // in which they are told
	One   string // the sentence for one
	More  string // and for more, with how many; empty where it is the same
	Thing string // what is counted
}

var (
	unknownCrash = UnknownKind{
		ID: "crash_time", Order: 1, Thing: "time", One: "when a server crashed that starts again: no fault tells of it",
		More: "when servers crashed that start again, %s: no fault tells of it",
	}
	unknownOpen = UnknownKind{
		ID: "open_at_end", Order: 2, Thing: "span", One: "what became of a span that was open when the run ended",
		More: "what became of %s that were open when the run ended",
	}
	unknownArrival = UnknownKind{
		ID: "arrival", Order: 3, Thing: "message",
		One:  "whether a message arrived: no span handles it, and its receiver may have been down, or the run over",
		More: "whether %s arrived: no spans handle them, and their receivers may have been down, or the run over",
	}
	unknownReply = UnknownKind{
		ID: "reply_arrival", Order: 4, Thing: "copy",
		One: "whether a copy of a reply came back: nobody handled it, and who waited may have been down, or the run over",
		More: "whether %s of replies came back: nobody handled them, and who waited may have been down, " +
			"or the run over",
	}
	unknownSpec = UnknownKind{
		ID: "other_spec", Order: 9,
		One: "whether it is as its own spec wants it: the build that made it had another spec " +
			"than this one, as raftkv.build says, and attributes, events and links are not judged",
	}
)

// unknown counts what is not known of one kind.
type unknown struct {
	kind  UnknownKind
	count int
	first *Span
}

// Unknown notes that something is not known of a span, so many times; nil is the whole trace.
func (f *Findings) Unknown(kind UnknownKind, of *Span, times int) {
	u := f.unknown[kind.ID]
	if u == nil {
		u = &unknown{kind: kind}
		f.unknown[kind.ID] = u
	}
	u.count += times
	if of != nil && (u.first == nil || of.Place < u.first.Place) {
		u.first = of
	}
}

// unknowns returns what is not known as a report has it.
func (f *Findings) unknowns(facts *Facts) []Unknown {
	var all []Unknown
	byOrder := func(a, b *unknown) int { return cmp.Compare(a.kind.Order, b.kind.Order) }
	for _, u := range slices.SortedFunc(maps.Values(f.unknown), byOrder) {
		one := Unknown{ID: u.kind.ID, Says: u.kind.One, Count: u.count}
		if u.count > 1 && u.kind.More != "" {
			one.Says = fmt.Sprintf(u.kind.More, words.Counted(u.count, u.kind.Thing))
		}
		if u.first != nil {
			one.First = facts.Ref(u.first)
		}
		all = append(all, one)
	}
	return all
}

// unfinished notes what was open when the run ended.
func (c *Checker) unfinished(found *Findings) {
	for _, s := range c.facts.Spans {
		if s.Unfinished {
			found.Unknown(unknownOpen, s, 1)
		}
	}
}
