package traces

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// Judge says from a trace alone what is wrong with it: where it does not conform to the spec, and which of the invariants the run broke that it tells of. What the run says of
// itself, in raftkv.config and in raftkv.violation, is not listened to. Spans may come in any order. Of each it keeps a few numbers.
type Judge struct {
	specShapes

	texts        texts
	processes    processes
	records      []record
	origins      []origin
	shapes       []uint8 // of them, as they have it: who goes through all of them most often asks for this
	facts        facts
	links        []linkRef
	persists     []persistRef
	clerk        *clerk  // of the spans that are added one by one
	single       *digest // of one of them
	places       recordTable
	fetched      uint32
	run          uint64 // the first half of the trace ids
	began        bool
	epoch        int64         // the earliest start, in ns since 1970
	resolution   time.Duration // see Report
	others       others
	findings     collector
	doubts       doubts
	history      []Operation
	asking       *Judge              // who looked at it, when it was put in order
	ordered      func() []stepMoment // what the servers did, which is put in order too then
	tells        bool                // what is durable, and of each message that was lost that it was: see tellsLosses
	linksSay     bool                // why they are there: Jaeger's JSON has no room for that
	faultLinks   [][2]int32          // to faults: from which span, and to which
	durableAt    map[stepOf]int64    // when each step made something durable
	expected     int                 // spans, of which makeRoom has not heard yet
	delays       map[int32][2]int64  // of messages that were late, by how much in ns: the first copy and the second
	entriesRead  *entriesRead
	linked       []shapeSet // what each span links to
	requestLinks []uint16   // how many links each span has to requests
	receivers    []int32    // of each message, the place of the span that handled it, plus one
	seconds      []int32    // the same of its second copy
}

// SpanRef names a span of a trace that is judged.
type SpanRef struct {
	ID      world.CausalID
	Name    string
	Process string
	At      time.Duration // from the beginning of the run to when it started
	Line    int           // of the file

	start int64 // in nanoseconds since 1970: when the run began is known at the end
}

// String is the span as a finding names it.
func (s SpanRef) String() string {
	process := words.Printable(s.Process)
	if process == "" {
		process = "a process without a name"
	}
	return fmt.Sprintf("%s %s of %s at %s, line %d", words.Printable(s.Name), s.ID, process, words.Milliseconds(s.At), s.Line)
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

// Report is what a judge found.
type Report struct {
	Spans     int
	Processes int
	Findings  []Finding      // in the order of time; of each id the first mostFindings
	Counts    map[string]int // how many there are of each id
	Unknown   []Unknown      // what the trace does not tell, and nobody can judge for that; of each kind there is one at most
	History   []Operation    // what the clients asked for and were answered, in the order of time
	Epoch     time.Time      // when the run began
	Part      bool           // of a run: only what can be known of a part was judged, and there is no History
	Term      uint64         // the first in which a server stood for election; 0 is none

	Resolution time.Duration // of the times, where they were cut on the way; 0 is as they were
}

// mostFindings is how many findings of one id are kept: who has so many has read enough.
const mostFindings = 100

// NewJudge makes a judge who has heard of nothing yet.
func NewJudge() *Judge {
	return &Judge{specShapes: TheSpec(), delays: map[int32][2]int64{}, texts: newTexts(), places: newRecordTable(1 << 10), entriesRead: &entriesRead{}, findings: collector{counts: map[string]int{}}}
}

// Read adds the spans of a file, all of them, with all processors there are.
func (j *Judge) Read(ctx context.Context, r *Reader) error {
	hire := func(d *decoder) func(*batch) {
		c := newClerk(j.specShapes, d)
		d.note, d.visit = c.note, c.visit
		return func(b *batch) { c.start(&b.digest, b.line) }
	}
	if err := r.ahead(ctx, hire, j.take); err != nil {
		return err
	}
	for s, err := range r.All() {
		if err == nil && ctx.Err() != nil {
			err = interrupted(r.name)
		}
		if err != nil {
			return err
		}
		j.Add(&s, r.Line())
	}
	return nil
}

// take takes in the spans of a line of which a clerk made a digest, and those that are left.
func (j *Judge) take(b *batch) {
	d := &b.digest
	d.numbers.hear(d)
	j.fetched ^= j.places.fetch(len(d.records), func(i int) uint64 { return d.records[i].id })
	links, persists, left := d.links, d.persists, d.left
	leave := func(before int) {
		for len(left) > 0 && int(left[0].before) == before {
			j.add(&b.spans[len(d.left)-len(left)], b.line, left[0].fine)
			left = left[1:]
		}
	}
	for i := range d.records {
		leave(i)
		at, entered := j.enter(d, i)
		for len(links) > 0 && int(links[0].from) == i {
			if links[0].from = at; entered {
				j.links = append(j.links, links[0])
			}
			links = links[1:]
		}
		for len(persists) > 0 && int(persists[0].from) == i {
			if entered {
				j.keepPersist(d, persists[0], at)
			}
			persists = persists[1:]
		}
	}
	leave(len(d.records))
	if j.expected > 0 {
		j.makeRoom()
	}
}

// Add adds a span, which stands in this line of its file. Nothing of the span is kept.
func (j *Judge) Add(s *Span, line int) { j.add(s, line, false) }

// Export implements Exporter: a run can be judged while it goes on. The spans are numbered, as if each stood in a line
// of its own.
func (j *Judge) Export(_ context.Context, s *span.Span) error {
	j.Add(s, len(j.records)+1)
	return nil
}

// Shutdown implements Exporter.
func (*Judge) Shutdown(context.Context) error { return nil }

// add is Add for a span of which may be known that it conforms to the spec by itself.
func (j *Judge) add(s *Span, line int, fine bool) {
	if j.clerk == nil {
		j.clerk, j.single = newClerk(j.specShapes, nil), &digest{}
	}
	c, d := j.clerk, j.single
	c.start(d, line)
	kind := c.enterWhole(s)
	d.numbers.hear(d)
	at, entered := j.enter(d, 0)
	if !entered {
		return
	}
	spec := c.kinds[kind].spec
	if spec == nil {
		j.unknown(s, line)
		return
	}
	if !fine {
		j.conform(s, spec, line, nil)
	}
	if j.records[at].is&delayed != 0 {
		j.delays[at] = delaysOf(s)
	}
	for _, p := range d.persists {
		j.keepPersist(d, p, at)
	}
	for i, l := range d.links {
		l.from = at
		j.links = append(j.links, l)
		if s.Links[i].Run != s.Run {
			j.find(ruleWrongLink, j.refOf(s, line), fmt.Sprintf("a link to span %s of another run", s.Links[i].ID), "links within the run")
		}
	}
}

// keepPersist keeps what a span at a place made durable.
func (j *Judge) keepPersist(d *digest, p persistRef, at int32) {
	p.from, p.votedFor = at, j.voteOf(d.numbers, p.votedFor)
	j.persists = append(j.persists, p)
}

// enter keeps a span of a digest, unless it is of another run or has the id of another; at is its place then.
func (j *Judge) enter(d *digest, i int) (at int32, entered bool) {
	r, o := &d.records[i], d.origins[i]
	if !j.began {
		j.began, j.run, j.epoch = true, d.run, r.start
	}
	if d.run != j.run {
		j.otherRun(d, i)
		return 0, false
	}
	j.epoch, j.resolution = min(j.epoch, r.start), max(j.resolution, d.resolution)
	at = int32(len(j.records))
	first, known := j.places.put(j.records, r.id)
	kind := j.kindOf(d.numbers, o.name)
	j.records, j.shapes, j.origins = append(j.records, *r), append(j.shapes, r.shape), append(j.origins, o)
	j.origins[at].name = kind.name
	e := &j.records[at]
	e.process, e.peer, e.reply = kind.process, j.processOf(d.numbers, r.peer), j.textOf(d.numbers, r.reply)
	if known {
		j.find(ruleDuplicateID, j.ref(at), "the id is also that of "+j.nameOf(first), "an id of its own: no two spans of a run share one", first)
		j.records, j.shapes, j.origins = j.records[:at], j.shapes[:at], j.origins[:at]
		return 0, false
	}
	if r.shape > 0 {
		list := j.byNumber[r.shape-1].list
		if e.fact = j.keep(d, list, r.fact); list == listOperations {
			j.operation(at)
		}
	}
	return at, true
}

// others are the spans of other runs than the first one's.
type others struct {
	count int
	run   uint64 // of the first of them
	first SpanRef
}

// otherRun notes a span of another run: such spans are not judged, since the same ids would mean other spans.
func (j *Judge) otherRun(d *digest, i int) {
	if j.others.count++; j.others.count == 1 {
		r, o := &d.records[i], d.origins[i]
		kind := &d.numbers.kinds[o.name]
		j.others.run, j.others.first = d.run, SpanRef{ID: world.CausalID(r.id), Name: kind.Name, Process: kind.Service, Line: int(o.line), start: r.start}
	}
}

// mixed finds that there were spans of other runs, once.
func (j *Judge) mixed() {
	if o := &j.others; o.count > 0 {
		j.find(ruleMixedRuns, o.first, fmt.Sprintf("%s of the file are of another run than its first span; the trace id of the first of them begins with %016x, and not with %016x", words.Counted(o.count, "span"), o.run, j.run),
			"the spans of one run; those of the others are not judged: give them files of their own")
	}
}

// History ends the hearing: it says what the clients asked for and were answered, in the order of time, and when the run began. Whoever asks for it first may look at it while Report
// looks at the rest.
func (j *Judge) History() ([]Operation, time.Time) {
	if j.ordered == nil {
		j.tells = j.tellsLosses()
		j.ordered = sync.OnceValue(func() []stepMoment { return j.moments(cut) })
		go j.ordered() // which takes longest, and is what Report waits for
		slices.SortStableFunc(j.history, j.compareOperations)
		j.asking = j.part()
		j.asking.clients()
		mendHistory(j.history)
		if j.isPart() {
			j.history = nil // an answer may come of what is not in it
		}
		for i := range j.history {
			j.date(&j.history[i].Span)
		}
	}
	return j.history, time.Unix(0, j.epoch).UTC()
}

// part is a judge of the same spans with findings of its own, who looks at one thing while others look at other things.
func (j *Judge) part() *Judge {
	p := *j
	p.findings, p.doubts = collector{counts: map[string]int{}}, doubts{}
	return &p
}

// Report ends the hearing: it says all that is wrong.
func (j *Judge) Report() Report {
	history, epoch := j.History()
	j.linked, j.requestLinks, j.receivers = make([]shapeSet, len(j.records)), make([]uint16, len(j.records)), make([]int32, len(j.records))
	j.seconds = make([]int32, len(j.records))
	relating, delivering, walking, numbering := j.part(), j.part(), j.part(), j.part()
	inParallel(j.findParents, relating.findTargets)
	inParallel(func() { walking.walkWhatIsKnown(j.ordered()) }, delivering.deliveries, relating.relate, numbering.steps)
	for _, p := range []*Judge{relating, delivering, walking, numbering} {
		j.findings.join(&p.findings)
		j.doubts.join(&p.doubts)
	}
	j.mixed()
	j.findings.join(&j.asking.findings)
	if j.isPart() {
		j.findings.leaveToPart()
	}
	if j.isOfOtherSpec() {
		j.findings.leave(judgedOfThisSpec)
		j.doubts.doubt(doubtSpec, -1, 1)
	}
	for i := range j.findings.list {
		f := &j.findings.list[i]
		j.date(&f.Span)
		for k := range f.Clashes {
			j.date(&f.Clashes[k])
		}
	}
	slices.SortStableFunc(j.findings.list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Span.At, b.Span.At), cmp.Compare(a.Span.Line, b.Span.Line))
	})
	return Report{
		Spans: len(j.records), Processes: len(walking.processes.names), Findings: j.findings.list, Counts: maps.Clone(j.findings.counts), Unknown: j.unknowns(), History: history,
		Epoch: epoch, Part: j.isPart(), Term: j.firstElection(), Resolution: j.resolution,
	}
}

// date says when a span was, now that it is known when the run began.
func (j *Judge) date(s *SpanRef) { s.At = time.Duration(s.start - j.epoch) }

func (j *Judge) find(r rule, at SpanRef, got, want string, clashes ...int32) {
	j.findings.add(Finding{ID: r.id, Rule: r.says, Span: at, Clashes: j.refs(clashes), Got: words.Printable(got), Want: words.Printable(want)})
}

// breaks finds that an invariant does not hold.
func (j *Judge) breaks(name protocol.InvariantName, at SpanRef, got, want string, clashes ...int32) {
	f := Finding{ID: string(name), Span: at, Clashes: j.refs(clashes), Got: words.Printable(got), Want: words.Printable(want)}
	for _, invariant := range protocol.AllInvariants() {
		if invariant.Name == name {
			f.Rule, f.Section = invariant.Doc, invariant.ID+", "+invariant.Section
		}
	}
	j.findings.add(f)
}

func (j *Judge) refs(records []int32) []SpanRef {
	var refs []SpanRef
	for _, at := range records {
		if at >= 0 {
			refs = append(refs, j.ref(at))
		}
	}
	return refs
}

// ref names a span that is kept.
func (j *Judge) ref(at int32) SpanRef {
	r, o := &j.records[at], j.origins[at]
	return SpanRef{ID: world.CausalID(r.id), Name: j.texts.of(o.name), Process: j.processes.names[r.process], Line: int(o.line), start: r.start}
}

// nameOf is a span within a sentence.
func (j *Judge) nameOf(at int32) string {
	s := j.ref(at)
	return fmt.Sprintf("%s %s of %s", words.Printable(s.Name), s.ID, words.Printable(s.Process))
}

func (j *Judge) refOf(s *Span, line int) SpanRef {
	return SpanRef{ID: s.ID, Name: s.Name, Process: s.Service, Line: line, start: s.Start.UnixNano()}
}
