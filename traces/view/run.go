package view

import (
	"encoding/binary"
	"io"
	"time"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/view/orders"
	"github.com/raftkv/raftkv/traces/view/states"
)

// Run is a run that a page shows.
type Run struct {
	Name     string
	Trace    *index.Trace
	Protocol Protocol
	Commands Commands
	Notes    []string // what a person is to know of what is missing

	number []int32 // of each span of the trace, as the page numbers them; nil if they are not numbered yet
}

// Write writes what a page holds of the run, deflated. What it writes depends on the trace alone.
func (r *Run) Write(w io.Writer) error {
	d, err := r.data()
	if err != nil {
		return err
	}
	return d.write(w)
}

// packing is a run on its way into columns. Spans have new numbers in these: in the order in which they begin.
type packing struct {
	run     *Run
	x       *index.Trace
	head    head
	all     *texts
	number  []int32 // of each span of the trace, its number
	span    []int32 // of each number, the span of the trace
	place   []int32 // of each moment, its place in the one order
	below   [][]int32
	replies []int32
	last    int64 // when the span before began
	unit    int64
	epoch   int64

	ids                                    []byte
	moments, start, width, shape, parent   column
	shapeProcess                           column
	mark, events, eventName, eventAt       column
	links, linked, lineOf, lineAt, lineBad column
	statusCode                             column
	statusText                             textColumn
	arrowFrom, arrowTo, arrowFate          column
	arrowBase                              int32
	attributes                             *attributes
	changes                                *changes
	gather                                 *orders.Gather
	history                                column
	eventNames                             map[string]int
}

func (r *Run) data() (*data, error) {
	x := r.Trace
	p := &packing{
		run: r, x: x, all: newTexts(), replies: x.Replies(), epoch: x.Epoch.UnixNano(), eventNames: map[string]int{},
	}
	p.attributes = newAttributes(p.all)
	p.gather = orders.NewGather(x, &r.Protocol.Landmarks)
	p.order()
	r.number = p.number
	p.unit = unitOf(x, p.epoch)
	p.head = head{
		Name: valid(r.Name), Protocol: r.Protocol.Name, ReaderBuild: r.Protocol.Build,
		Epoch: x.Epoch.UTC().Format(time.RFC3339Nano), UnitNs: p.unit,
		Spans: x.Len(), Processes: processHeads(x), Marks: markWords, Commands: r.Commands,
		Notes: append([]string{}, r.Notes...), Elsewhere: []elsewhere{}, Events: []string{}, Lines: []string{},
		Term:     numberingHead{string(r.Protocol.Landmarks.Term.Key), r.Protocol.Landmarks.Term.Word},
		Position: numberingHead{string(r.Protocol.Landmarks.Position.Key), r.Protocol.Landmarks.Position.Word},
		Role:     string(r.Protocol.Landmarks.Role), Replies: keyNames(r.Protocol.Landmarks.Replies),
		Peers: keyNames(r.Protocol.Landmarks.Peers), Shapes: []shapeHead{},
	}
	for _, s := range x.Shapes() {
		p.shapeProcess.add(uint64(s.Process))
		p.head.Shapes = append(p.head.Shapes, shapeHead{valid(s.Name), s.Kind.String()})
	}
	told := story.New(r.Protocol.Story)
	for i := range int32(x.Len()) {
		told.Add(x.Span(i)) // in the order of the file
	}
	for n, i := range p.span {
		p.add(int32(n), i, x.Span(i))
	}
	p.tell(told)
	p.head.Violation = p.violated(told)
	p.explain()
	if err := p.addChanges(); err != nil {
		return nil, err
	}
	p.addHistory()
	return p.data(), x.Err()
}

// addChanges adds what processes hold, and all changes of that.
func (p *packing) addChanges() error {
	of := states.Protocol{
		Specs: p.run.Protocol.Specs, Landmarks: p.run.Protocol.Landmarks, Shown: p.run.Protocol.Shown,
	}
	fields, list, err := states.Of(p.x, &of)
	if err != nil {
		return err
	}
	p.changes = newChanges(p.all, fields, list)
	for i := range list {
		p.changes.add(&list[i], p.place[list[i].At.Index()])
	}
	return nil
}

// order numbers the spans in the order in which they begin, and writes the one order of all beginnings and ends: 0 for
// the beginning of the next span; and for an end, how many spans ago that span began, from 1.
func (p *packing) order() {
	x := p.x
	p.number, p.span, p.below = make([]int32, x.Len()), make([]int32, 0, x.Len()), belowEach(x)
	p.place = make([]int32, 2*x.Len())
	next := int32(0)
	for m := range x.Moments(func(m index.Moment) index.Moment { return x.SentBefore(m, p.replies) }) {
		p.place[m.Index()] = next
		next++
		if !m.Ends {
			p.number[m.Span] = int32(len(p.span))
			p.span = append(p.span, m.Span)
			p.moments.add(0)
			continue
		}
		// A span that ends before it begins, which no sound trace has, ends as it begins.
		p.moments.add(uint64(max(1, int32(len(p.span))-p.number[m.Span])))
	}
}

// add adds a span, given its number.
func (p *packing) add(n, i int32, s *read.Span) {
	e := p.x.Entry(i)
	p.ids = binary.BigEndian.AppendUint64(p.ids, uint64(e.ID))
	begins := (e.Start - p.epoch) / p.unit
	p.start.addSigned(begins - p.last)
	p.last = begins
	p.width.addSigned((e.End-p.epoch)/p.unit - begins)
	p.shape.add(uint64(e.Shape))
	process := p.x.Shape(i).Process
	p.addParent(n, i)
	p.mark.add(uint64(markOf(s, &p.run.Protocol.Landmarks, p.head.Processes[process].Kind == "client")))
	p.statusCode.add(uint64(s.Status.Code))
	if s.Status.Description != "" {
		p.statusText.addText(p.all, valid(s.Status.Description))
	} else {
		p.statusText.addText(p.all, "")
	}
	p.attributes.add(s.Attributes, process)
	p.gather.Add(i, s)
	p.addEvents(s, process)
	p.addLinks(n, s, process)
	arrowsOf(p.x, i, s, p.below[i], p.replies, p.addArrow)
	if e.Run != 0 && p.head.Run == "" {
		p.head.Run = s.TraceID().String()[:16]
	}
	if s.Name == worldspans.RunName {
		p.head.Scenario = valid(s.Attribute(worldspans.RaftkvScenarioKey).AsString())
		p.head.Build = valid(s.Attribute(worldspans.RaftkvBuildKey).AsString())
		p.head.Config = valid(s.Attribute(worldspans.RaftkvConfigKey).AsString())
		p.head.Seed = valid(s.Attribute(worldspans.RaftkvSeedKey).String())
	}
}

// addParent adds which span is above: how many spans ago it began, 0 for none.
func (p *packing) addParent(n, i int32) {
	above := p.x.Parent(i)
	if above < 0 {
		p.parent.addSigned(0)
		if missing := p.x.Entry(i).Parent; missing != 0 {
			p.head.Elsewhere = append(p.head.Elsewhere, elsewhere{n, -1, missing.String()})
		}
		return
	}
	p.parent.addSigned(int64(n - p.number[above]))
}

func (p *packing) addEvents(s *read.Span, process int32) {
	p.events.add(uint64(len(s.Events)))
	for i := range s.Events {
		event := &s.Events[i]
		name := valid(event.Name)
		number, known := p.eventNames[name]
		if !known {
			number = len(p.head.Events)
			p.head.Events, p.eventNames[name] = append(p.head.Events, name), number
		}
		p.eventName.add(uint64(number))
		p.eventAt.addSigned(event.At.Sub(s.Start).Nanoseconds() / p.unit)
		p.attributes.add(event.Attributes, process)
	}
}

func (p *packing) addLinks(n int32, s *read.Span, process int32) {
	p.links.add(uint64(len(s.Links)))
	for i := range s.Links {
		l := &s.Links[i]
		if to := p.x.Find(l.ID); to >= 0 {
			p.linked.addSigned(int64(n - p.number[to]))
		} else {
			p.linked.addSigned(0)
			p.head.Elsewhere = append(p.head.Elsewhere, elsewhere{n, i, l.ID.String()})
		}
		p.attributes.add(l.Attributes, process)
	}
}

// addArrow adds a message: how many spans ago that began from which it comes, and whether it leaves at its end; and how
// much later that began which took it in, 0 for none.
func (p *packing) addArrow(a Arrow) {
	from := p.number[a.From.Span]
	p.arrowFrom.addSigned(int64(from-p.arrowBase)<<1 | ends(a.From))
	p.arrowBase = from
	if a.To.Span == index.None {
		p.arrowTo.addSigned(0)
	} else {
		p.arrowTo.addSigned(int64(p.number[a.To.Span]-from)<<1 | ends(a.To))
	}
	p.arrowFate.add(uint64(a.Fate))
	p.head.Arrows++
}

func ends(m index.Moment) int64 {
	if m.Ends {
		return 1
	}
	return 0
}

// tell adds the lines of the story.
func (p *packing) tell(told *story.Story) {
	last := int32(0)
	for l := range told.Lines() {
		i := p.x.Find(l.ID)
		if i < 0 {
			continue // a heading's
		}
		n := p.number[i]
		p.lineOf.addSigned(int64(n - last))
		last = n
		p.lineAt.addSigned((l.At.UnixNano() - p.x.Entry(i).Start) / p.unit)
		bad := uint64(0)
		if l.Mark == story.Trouble {
			bad = 1
		}
		p.lineBad.add(bad)
		p.head.Lines = append(p.head.Lines, valid(l.Text))
	}
}

func (p *packing) data() *data {
	a := p.attributes
	p.head.Keys, p.head.Layouts, p.head.Texts = a.keys, a.layouts, p.all.list
	c := p.changes
	p.head.Fields, p.head.Kinds, p.head.Changes = c.fields, append([]changeHead{}, c.kinds...), c.count
	d := &data{head: &p.head}
	for _, c := range []struct {
		name  string
		bytes []byte
	}{
		{"ids", p.ids},
		{"moments", p.moments.bytes},
		{"start", p.start.bytes},
		{"width", p.width.bytes},
		{"shape", p.shape.bytes},
		{"shape_process", p.shapeProcess.bytes},
		{"parent", p.parent.bytes},
		{"mark", p.mark.bytes},
		{"status_code", p.statusCode.bytes},
		{"status_text", p.statusText.bytes},
		{"events", p.events.bytes},
		{"event_name", p.eventName.bytes},
		{"event_at", p.eventAt.bytes},
		{"links", p.links.bytes},
		{"linked", p.linked.bytes},
		{"line_of", p.lineOf.bytes},
		{"line_at", p.lineAt.bytes},
		{"line_bad", p.lineBad.bytes},
		{"arrow_from", p.arrowFrom.bytes},
		{"arrow_to", p.arrowTo.bytes},
		{"arrow_fate", p.arrowFate.bytes},
		{"layout", a.layout.bytes},
	} {
		d.add(c.name, c.bytes)
	}
	for i := range a.columns {
		d.add("values", a.columns[i].bytes)
	}
	p.changes.columns(d)
	d.add("history", p.history.bytes)
	return d
}

// unitOf returns the largest unit in ns, of 1, 1000 and 1000000, in which all times of a trace are whole numbers.
func unitOf(x *index.Trace, epoch int64) int64 {
	unit := int64(1_000_000)
	for i := range int32(x.Len()) {
		e := x.Entry(i)
		for unit > 1 && ((e.Start-epoch)%unit != 0 || (e.End-epoch)%unit != 0) {
			unit /= 1000
		}
	}
	return unit
}
