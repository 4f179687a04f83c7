package traces

import (
	"math/bits"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// clerk reads spans for a judge, and makes a digest of those of each line: what the judge is to keep of them. There is one for each processor. Spans of one template are alike, and
// of a span the clerk looks only at what is not as in the one before it.
type clerk struct {
	specShapes

	out   *digest
	line  int32
	forms Judge // who knows how spans conform to the spec; its findings are only counted

	texts     texts
	processes processes
	recent    recentTexts
	kinds     []kindOfSpan
	known     map[shape]uint32 // the kinds, by what they are of
	listed    []string         // the entries of the span at hand; nil where nobody asked for them yet
	memos     []memo           // of each template, by its number
	decoder   *decoder         // that has the templates; nil where there are none
	size      int              // of the texts and names that have numbers, in bytes
	anew      bool             // its numbers begin again
	numbers   *numbers         // what the judge makes of them
}

// kindOfSpan is what spans of one name, kind and process have in common.
type kindOfSpan struct {
	shape

	spec *specShape // nil when the spec knows no such span
}

// memo is what is known of the last span of a template that the clerk saw.
type memo struct {
	times  uint64 // that a list of attributes of the template was read by then
	kind   uint32
	with   [alone + 1]uint64 // its attributes by what they have to fit with, a bit for each seat
	fine   bool              // it conforms to the spec, as far as a span by itself does
	status codes.Code
	said   said
}

// mostNumbers is how many texts and names a clerk remembers, before it begins anew, and mostBytes how long they may be: they are there once for each processor, and those that are
// not judged nowhere else.
const (
	mostNumbers = 1 << 14
	mostBytes   = 4 << 20
)

func newClerk(shapes specShapes, d *decoder) *clerk {
	c := &clerk{specShapes: shapes, decoder: d, forms: Judge{specShapes: shapes, entriesRead: &entriesRead{}, findings: collector{counts: map[string]int{}}}, numbers: &numbers{}}
	c.forget()
	return c
}

// forget begins anew.
func (c *clerk) forget() {
	c.texts, c.processes, c.kinds, c.known, c.memos, c.size, c.anew = newTexts(), processes{}, nil, map[shape]uint32{}, nil, 0, true
	c.recent, *c.forms.entriesRead = recentTexts{}, entriesRead{}
	if c.decoder != nil {
		c.decoder.forget()
	}
}

// start begins with another line.
func (c *clerk) start(out *digest, line int) {
	if len(c.texts.all)+len(c.processes.names)+len(c.kinds) > mostNumbers || c.size > mostBytes {
		c.forget()
	}
	out.clear()
	c.out, c.line = out, int32(line)
	out.numbers, out.anew, c.anew = c.numbers, c.anew, false
}

// visit makes the digest of a span, or leaves it to be looked at as a whole: one that does not conform, or that a judge asks more of.
func (c *clerk) visit(s *Span, at *place) (keep bool) {
	if len(c.out.records)+len(c.out.left) == 0 {
		c.out.run = s.Run
	}
	c.listed = nil
	m := c.memoOf(s, at.seen)
	fine := m != nil && c.conforms(s, at, m)
	if !fine || c.needsAll(s) {
		c.out.left = append(c.out.left, leftSpan{before: int32(len(c.out.records)), fine: fine})
		return true
	}
	c.enter(s, m.kind, &m.said)
	return false
}

// needsAll says whether more is to be known of a span than what its attributes say.
func (c *clerk) needsAll(s *Span) bool {
	if s.Run != c.out.run {
		return true
	}
	for i := range s.Links {
		if s.Links[i].Run != s.Run {
			return true
		}
	}
	return slices.ContainsFunc(s.Events, func(e Event) bool { return e.Name == spans.EventDelay || e.Name == spans.EventLateCopy })
}

// memoOf is that of the spans of a template; nil where the span is of none: its name stands behind its attributes, or there are more processes or kinds than are remembered.
func (c *clerk) memoOf(s *Span, t *template) *memo {
	if t == nil || t.name != s.Name || t.kind != s.Kind {
		return nil
	}
	is := shape{s.Service, s.Name, s.Kind}
	if t.number == 0 {
		if len(c.memos) == mostTemplates {
			return nil
		}
		c.memos = append(c.memos, memo{kind: c.kindOf(is)})
		t.number = uint32(len(c.memos))
	}
	m := &c.memos[t.number-1]
	if t.resource == 0 && c.kinds[m.kind].shape != is { // all the others are of one process
		return nil
	}
	return m
}

// conforms brings a memo to what a span says, and says whether the span conforms to the spec by itself.
func (c *clerk) conforms(s *Span, at *place, m *memo) bool {
	spec := c.kinds[m.kind].spec
	if spec == nil {
		return false
	}
	t := at.seen
	as := !t.moved && m.times+1 == t.times // as before, but for the values that changed
	m.times = t.times
	if !as {
		m.say(at.notes)
	}
	for rest := t.changed; as && rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		m.said.apply(&at.notes[i], i)
		m.fine = m.fine && at.notes[i].sound
	}
	f := &c.forms
	if as && m.fine && t.changed&m.with[withAll] == 0 && s.Status.Code == m.status && !s.End.Before(s.Start) {
		c.stillConforms(s, spec, m, t.changed)
	} else {
		f.conform(s, spec, int(c.line), at.notes)
	}
	m.status = s.Status.Code
	m.fine = len(f.findings.counts) == 0
	if !m.fine {
		f.findings = collector{counts: map[string]int{}}
	}
	return m.fine
}

// stillConforms looks at what of a span has to fit together, where each attribute by itself does and only the values of some changed.
func (c *clerk) stillConforms(s *Span, spec *specShape, m *memo, changed uint64) {
	f := &c.forms
	if changed&m.with[withNames] != 0 {
		f.namesIn(s, spec, f.refOf(s, int(c.line)))
	}
	if changed&m.with[withEntries] != 0 {
		v := &m.said
		f.entriesListed(f.refOf(s, int(c.line)), v[saidPrevLogIndex], v[saidPrevLogTerm], v[saidEntriesCount], c.entriesIn(s, v))
	}
	if len(s.Events) > 0 {
		f.events(s, spec, f.refOf(s, int(c.line)))
	}
}

// say notes all that the attributes of a span say.
func (m *memo) say(notes []note) {
	m.said, m.with = said{}, [alone + 1]uint64{}
	for i := range notes {
		m.said.apply(&notes[i], i)
		if i < mostSeats {
			m.with[notes[i].with] |= 1 << i
		}
	}
}

// apply notes what an attribute says.
func (s *said) apply(n *note, i int) {
	s[n.field] = n.says
	if n.field >= saidEntries {
		s[n.field] = uint64(i + 1)
	}
}

// kindOf is the number of a kind.
func (c *clerk) kindOf(is shape) uint32 {
	n, known := c.known[is]
	if !known {
		n = uint32(len(c.kinds))
		is.Service, is.Name = strings.Clone(is.Service), strings.Clone(is.Name)
		k := kindOfSpan{is, c.declared(is.Name, is.Kind)}
		c.kinds, c.known[is] = append(c.kinds, k), n
		c.out.kinds, c.size = append(c.out.kinds, k), c.size+len(is.Service)+len(is.Name)
	}
	return n
}

// note says of an attribute whether it is as the spec wants it, and what it says.
func (c *clerk) note(s *Span, a *attribute.KeyValue, n *note) {
	if n.of != nil && a.Value.Type() == attribute.STRING {
		c.noteText(s, a, n)
		return
	}
	known := n.of != nil
	c.specShapes.note(s, a, n)
	if !known {
		n.fieldOf = fieldsByKey[a.Key]
		if n.of != nil && (n.field == saidRequest && n.of.shape.Service != spans.ServiceClient || n.field == saidPeer && !n.of.shape.sends) {
			n.with = alone // there is no other name in such a span that it has to fit with
		}
	}
	n.says = c.saidBy(n.how, a.Value)
}

// noteText is note for a text in the place of one of the same key. Most attributes say one of few things, and to find what was noted of late is several times faster.
func (c *clerk) noteText(s *Span, a *attribute.KeyValue, n *note) {
	text := a.Value.AsString()
	r := c.recent.of(n.of, text)
	if r.attribute != n.of || r.text != text {
		c.specShapes.note(s, a, n)
		*r = recentText{n.of, text, n.sound, c.saidBy(n.how, a.Value)}
	}
	n.sound, n.says = r.sound, r.says
}

// saidBy is what the value of an attribute says.
func (c *clerk) saidBy(how saying, v attribute.Value) uint64 {
	switch how {
	case sayNumber:
		return number(v)
	case sayText:
		return uint64(c.text(v.AsString()))
	case sayProcess:
		return c.process(v.AsString())
	case sayLeader:
		if id := v.AsString(); id != protocol.NodeID(0).String() {
			return c.process(id)
		}
	case sayRole:
		return uint64(variant(roleNames, v.AsString()))
	case sayRoleEvent:
		return uint64(variant(roleEventNames, v.AsString()))
	case sayVote:
		return c.vote(v.AsString())
	case sayThere:
		return 1
	case sayError:
		if v.AsString() == spans.ErrorTypeCrash {
			return 2
		}
		return 1
	case sayList:
	}
	return 0
}

// recentText is what was noted of an attribute with a text.
type recentText struct {
	attribute *attributeOf
	text      string
	sound     bool
	says      uint64
}

// recentTexts are some, each at a place that the attribute and a part of the text say.
type recentTexts [1024]recentText

// of is where an attribute with a text is, or is to be.
func (r *recentTexts) of(a *attributeOf, text string) *recentText {
	at := a.shape.number*67 + int(a.key)*13 + len(text)
	if text != "" {
		at += int(text[len(text)-1]) + int(text[len(text)/2])*7
	}
	return &r[at%len(r)]
}

// text is the number of a text.
func (c *clerk) text(s string) uint32 {
	before := len(c.texts.all)
	n := c.texts.add(s)
	if len(c.texts.all) > before {
		c.out.texts, c.size = append(c.out.texts, c.texts.all[n]), c.size+len(s)
	}
	return n
}

// process is the number of a process, plus one.
func (c *clerk) process(name string) uint64 {
	before := len(c.processes.names)
	n := c.processes.add(name)
	if len(c.processes.names) > before {
		c.out.processes, c.size = append(c.out.processes, c.processes.names[n]), c.size+len(name)
	}
	return uint64(n) + 1
}

// vote is the number of a process that got a vote, plus two; 1 for nobody.
func (c *clerk) vote(name string) uint64 {
	if name == protocol.NodeID(0).String() {
		return 1
	}
	return c.process(name) + 1
}

// enterWhole keeps a span of no template, and returns its kind.
func (c *clerk) enterWhole(s *Span) (kind uint32) {
	c.out.run, c.listed = s.Run, nil
	kind = c.kindOf(shape{s.Service, s.Name, s.Kind})
	var v said
	for i := range s.Attributes {
		n := note{}
		c.note(s, &s.Attributes[i], &n)
		v.apply(&n, i)
	}
	c.enter(s, kind, &v)
	return kind
}

// enter keeps a span.
func (c *clerk) enter(s *Span, kind uint32, v *said) {
	r := record{
		id: uint64(s.ID), root: uint64(s.Root), start: s.Start.UnixNano(), end: s.End.UnixNano(), fact: -1, peer: noProcess,
	}
	c.out.resolution = max(c.out.resolution, s.Resolution)
	spec := c.kinds[kind].spec
	at := int32(len(c.out.records))
	if spec != nil {
		r.shape = uint8(spec.number + 1)
		r.say(v)
		r.is = flagsOf(s, v)
		r.fact = c.factOf(s, spec, v)
		for i := range s.Links {
			c.out.links = append(c.out.links, linkRefOf(at, &s.Links[i]))
		}
		c.persistsOf(at, s, v)
	}
	c.out.records, c.out.origins = append(c.out.records, r), append(c.out.origins, origin{
		parent: uint64(s.Parent), name: kind, line: c.line, step: v.step(saidStep), done: v.step(saidEndStep), hit: isHit(s),
	})
}
