package view

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// violationHead is what the page reads of a violation as JSON: the two facts that clash, and what led to them. Spans
// are their numbers, -1 for none, and times are ns from the beginning of the run.
type violationHead struct {
	Span      int32       `json:"span"`
	Invariant string      `json:"invariant"`
	Says      string      `json:"says"`
	Facts     []factHead  `json:"facts"`
	Chain     []causeHead `json:"chain"` // in the order of time: from the last fault before the second fact on
	Kept      []int32     `json:"kept"`  // the spans of all that, and those between them
	From      *momentHead `json:"from"`  // after which nothing from outside is on the chain; null if nothing is
	Sentence  string      `json:"sentence"`
}

// factHead is one of the facts, and the span that tells it best.
type factHead struct {
	Text string `json:"text"`
	Span int32  `json:"span"`
}

// causeHead is a line of the story.
type causeHead struct {
	Span int32  `json:"span"`
	At   int64  `json:"at_ns"`
	Text string `json:"text"`
	Bad  bool   `json:"bad"`
}

type momentHead struct {
	Span int32  `json:"span"`
	At   int64  `json:"at_ns"`
	Text string `json:"text"`
}

// violation is how a run came to its first violation.
type violation struct {
	*packing

	span  int32
	begin int64 // when it was found, in ns since 1970
	told  *story.Story
}

// violated returns what there is to say of the first violation of the run; nil if it has none.
func (p *packing) violated(told *story.Story) *violationHead {
	at := slices.IndexFunc(p.span, func(i int32) bool { return p.x.Shape(i).Name == worldspans.ViolationName })
	if at < 0 {
		return nil
	}
	v := violation{p, p.span[at], p.x.Entry(p.span[at]).Start, told}
	s := p.x.Span(v.span)
	h := &violationHead{
		Span: int32(at), Invariant: valid(s.Attribute(worldspans.RaftkvInvariantKey).AsString()),
		Says: valid(s.Status.Description), Facts: []factHead{}, Chain: []causeHead{}, Kept: []int32{},
	}
	var facts []story.Fact
	var before named // by the fact before
	for _, text := range s.Attribute(worldspans.RaftkvViolationFactsKey).AsStringSlice() {
		fact := factHead{valid(text), index.None}
		before = v.namedBy(text, before)
		if i := v.tellsBest(text, before); i != index.None {
			fact.Span = p.number[i]
			facts = append(facts, story.Fact{
				Span: p.x.Entry(i).ID, Process: before.process, At: time.Unix(0, min(p.x.Entry(i).End, v.begin)),
			})
		}
		h.Facts = append(h.Facts, fact)
	}
	if len(facts) > 0 {
		v.addChain(h, facts)
	}
	return h
}

// addChain adds what led to the facts, and from when on nothing from outside did.
func (v *violation) addChain(h *violationHead, facts []story.Fact) {
	kept := map[int32]bool{v.span: true}
	var last *momentHead
	lines := v.told.Causes(facts...)
	for _, l := range lines {
		i := v.x.Find(l.ID)
		if i == index.None {
			continue
		}
		kept[i] = true
		h.Chain = append(h.Chain, causeHead{v.number[i], l.At.UnixNano() - v.epoch, valid(l.Text), l.Mark == story.Trouble})
		if m := v.outside(i); m != nil && (last == nil || m.At >= last.At) {
			last = m
		}
	}
	for _, f := range facts {
		kept[v.x.Find(f.Span)] = true
	}
	if len(lines) > 0 {
		v.keepBetween(kept, lines[0].At.UnixNano())
	}
	for i := range kept {
		h.Kept = append(h.Kept, v.number[i])
	}
	slices.Sort(h.Kept)
	h.From = last
	h.Sentence = "No fault, and no message that was lost, late or doubled, is on this chain: as far as the trace shows, " +
		"what processes did by themselves led to it."
	if last != nil {
		h.Sentence = fmt.Sprintf("After %s, when %s, no fault and no message that was lost, late or doubled is on this "+
			"chain: each later step on it is what a process did with what it held or was sent. As far as the trace shows, it "+
			"could not be averted from then on.", words.Milliseconds(time.Duration(last.At)), last.Text)
	}
}

// keepBetween adds the spans above those that are kept, as far as they begin no earlier than the chain.
func (v *violation) keepBetween(kept map[int32]bool, since int64) {
	for _, i := range slices.Collect(maps.Keys(kept)) {
		for above := v.x.Parent(i); above >= 0 && !kept[above] && v.x.Entry(above).Start >= since; {
			kept[above] = true
			above = v.x.Parent(above)
		}
	}
}

// outside returns when something that no process did by itself happened to a span, the last time before the violation:
// it is a fault, or was made by one, or its message was lost, late or doubled. It is nil if nothing was.
func (v *violation) outside(i int32) (last *momentHead) {
	note := func(i int32, at int64, text string) {
		if at <= v.begin && (last == nil || at-v.epoch >= last.At) {
			last = &momentHead{v.number[i], at - v.epoch, valid(text)}
		}
	}
	s := v.x.Span(i)
	if traces.IsFault(s.Name) {
		said, _ := words.Fault(s)
		note(i, s.Start.UnixNano(), said)
	}
	for k := range s.Events {
		if what := happened[s.Events[k].Name]; what != "" {
			note(i, s.Events[k].At.UnixNano(), fmt.Sprintf("a message of %s %s (%s)", words.Printable(s.Service), what,
				words.Printable(s.Name)))
		}
	}
	for k := range s.Links {
		if j := v.x.Find(s.Links[k].ID); j >= 0 && traces.IsFault(v.x.Shape(j).Name) {
			fault := v.x.Span(j)
			said, _ := words.Fault(fault)
			note(j, fault.Start.UnixNano(), said)
		}
	}
	return last
}

// happened are the words for what can happen to a message.
var happened = map[string]string{
	worldspans.EventDrop: "is lost", worldspans.EventDelay: "is late", worldspans.EventDuplicate: "arrives twice",
	worldspans.EventLateCopy: "arrives late the second time",
}

var (
	requestsIn  = regexp.MustCompile(`\b[a-z]+-[0-9]+/[0-9]+\b`)
	processesIn = regexp.MustCompile(`\b[a-z]+-[0-9]+\b`)
)

// named is what a fact names: a process, a position and a term; each may be empty.
type named struct{ process, position, term string }

// namedBy returns what a fact names. What it says of it, there or that term is what the fact before names.
func (v *violation) namedBy(text string, before named) (n named) {
	services := v.x.Services()
	for _, name := range processesIn.FindAllString(text, -1) {
		if n.process == "" && slices.Contains(services, name) {
			n.process = name
		}
	}
	if n.process == "" && strings.HasPrefix(text, "it") {
		n.process = before.process
	}
	l := &v.run.Protocol.Landmarks
	n.position, n.term = numberBehind(text, l.Position.Word), numberBehind(text, l.Term.Word)
	if n.position == "" && n.process != "" && strings.HasSuffix(text, " there") {
		n.position = before.position
	}
	if n.term == "" && strings.HasSuffix(text, "that "+l.Term.Word) {
		n.term = before.term
	}
	return n
}

// tellsBest returns the span that tells a fact best, before the violation: the operation that the fact names; or of the
// spans of its process the last one that is of the position and the term that it names, or of either; or what the
// process did last. Of a fact that names nobody it is what any process did last.
func (v *violation) tellsBest(text string, n named) int32 {
	if request := requestsIn.FindString(text); request != "" {
		if i := v.operation(request); i != index.None {
			return i
		}
	}
	best, bestScore, read := index.None, -1, 0
	// the last first: they stand in the order of their ends
	for i := int32(v.x.Len()) - 1; i >= 0 && read < mostRead; i-- {
		shape := v.x.Shape(i)
		if v.x.Entry(i).End > v.begin || n.process != "" && shape.Service != n.process ||
			shape.Service == worldspans.ServiceWorld {
			continue
		}
		read++
		s := v.x.Span(i)
		if s.Attribute(worldspans.RaftUnfinishedKey).AsBool() {
			continue // what was to come of it is not known
		}
		if score := v.score(s, n); score > bestScore {
			best, bestScore = i, score
		}
		if n.position+n.term == "" {
			break
		}
	}
	return best
}

// mostRead is how many spans are read again at most to find the one that tells a fact best.
const mostRead = 100_000

// score is 2 for a span of the position that a fact names, and 1 for one of its term; their sum for both.
func (v *violation) score(s *read.Span, n named) (score int) {
	l := &v.run.Protocol.Landmarks
	is := func(key attribute.Key, text string) bool {
		return key != "" && text != "" && s.Attribute(key).String() == text
	}
	if is(l.Position.Key, n.position) || is(l.Chosen.Position, n.position) || is(l.Applied.Position, n.position) {
		score += 2
	}
	if is(l.Term.Key, n.term) {
		score++
	}
	return score
}

// numberBehind returns the number behind a word in a text: 2 of "at index 2 in term 1"; empty if there is none.
func numberBehind(text, word string) string {
	if word == "" {
		return ""
	}
	found := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + ` ([0-9]+(?:\.[0-9]+)?)`).FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[1]
}

// operation returns the operation that a request is of; index.None if there is none.
func (v *violation) operation(request string) int32 {
	for i := range int32(v.x.Len()) {
		if v.x.Entry(i).Parent == 0 && v.x.Shape(i).Service != worldspans.ServiceWorld &&
			v.x.Span(i).Attribute(kvspans.KVRequestIDKey).AsString() == request {
			return i
		}
	}
	return index.None
}
