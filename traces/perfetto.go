package traces

import (
	"bufio"
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// WritePerfetto writes spans in the trace event format of Chrome's tracing page, which Perfetto's page opens, too: a track for each process, and an arrow for each message and each
// reply. A span stands below its parent or in a lane of its own, because a track can show only what nests. Times are those of the run, from its beginning on. A link is lost, but
// for its id among the arguments, and so is the difference between types of lists.
func WritePerfetto(w io.Writer, all []Span) error {
	p := newPerfetto(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[") // Flush tells
	separator := "\n"
	for _, text := range p.events() {
		_, _ = b.WriteString(separator)
		_, _ = b.Write(text)
		separator = ",\n"
	}
	_, _ = b.WriteString("\n]}\n")
	return b.Flush()
}

// perfetto is a trace to be written in the trace event format.
type perfetto struct {
	spans     []Span
	epoch     time.Time
	order     []int // of the spans: by start, and the longer one first
	byID      map[world.CausalID]int
	processes []string
	numbers   map[string]int // of the processes, from 1
	lanes     []int          // of each span, from 1
	laneCount map[string]int
}

func newPerfetto(all []Span) *perfetto {
	p := &perfetto{
		spans: all, epoch: epochOf(all), order: make([]int, len(all)), byID: make(map[world.CausalID]int, len(all)),
		numbers: map[string]int{}, lanes: make([]int, len(all)), laneCount: map[string]int{},
	}
	for i := range all {
		p.order[i], p.byID[all[i].ID] = i, i
		if !slices.Contains(p.processes, all[i].Service) {
			p.processes = append(p.processes, all[i].Service)
		}
	}
	slices.SortFunc(p.processes, compareProcesses)
	for i, name := range p.processes {
		p.numbers[name] = i + 1
	}
	depths := depthsOf(all, p.byID)
	slices.SortStableFunc(p.order, func(a, b int) int {
		x, y := &all[a], &all[b]
		return cmp.Or(x.Start.Compare(y.Start), y.End.Compare(x.End), cmp.Compare(depths[a], depths[b]))
	})
	p.assignLanes()
	return p
}

// epochOf is when a run began: the start of its own span, or else of the first one.
func epochOf(all []Span) time.Time {
	var epoch time.Time
	for i := range all {
		s := &all[i]
		if s.Name == spans.RunName {
			return s.Start
		}
		if i == 0 || s.Start.Before(epoch) {
			epoch = s.Start
		}
	}
	return epoch
}

// compareProcesses orders processes as a person looks for them: the world, the clients, then the nodes, each by their numbers.
func compareProcesses(a, b string) int {
	rank := func(name string) int {
		group, _ := processNumber(name)
		return slices.Index([]string{spans.ServiceNode, spans.ServiceClient, spans.ServiceWorld}, group)
	}
	_, x := processNumber(a)
	_, y := processNumber(b)
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(x, y), cmp.Compare(a, b))
}

// processNumber takes node-12 apart.
func processNumber(name string) (group string, number uint64) {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '-' {
			number, err := strconv.ParseUint(name[i+1:], 10, 64)
			if err == nil {
				return name[:i], number
			}
			break
		}
	}
	return name, 0
}

// depthsOf are how many ancestors each span has; in a ring of parents, which no sound trace has, how many it takes to see that.
func depthsOf(all []Span, byID map[world.CausalID]int) []int {
	depths := make([]int, len(all))
	for i := range all {
		for at, steps := i, 0; steps < maxDepth; steps++ {
			parent, ok := byID[all[at].Parent]
			if !ok || all[at].Parent == 0 {
				break
			}
			at = parent
			depths[i]++
		}
	}
	return depths
}

// assignLanes gives each span the first lane of its process in which it is alone, or below an ancestor.
func (p *perfetto) assignLanes() {
	open := map[string][][]int{} // of each process, of each lane, the spans that are open, the innermost last
	for _, i := range p.order {
		s := &p.spans[i]
		lanes := open[s.Service]
		lane := 0
		for ; lane < len(lanes); lane++ {
			stack := lanes[lane]
			for len(stack) > 0 && !p.spans[stack[len(stack)-1]].End.After(s.Start) {
				stack = stack[:len(stack)-1]
			}
			lanes[lane] = stack
			if len(stack) == 0 || p.within(i, stack[len(stack)-1]) {
				break
			}
		}
		if lane == len(lanes) {
			lanes = append(lanes, nil)
		}
		lanes[lane] = append(lanes[lane], i)
		open[s.Service] = lanes
		p.lanes[i] = lane + 1
		p.laneCount[s.Service] = max(p.laneCount[s.Service], lane+1)
	}
}

// within says whether a span is over before another one that it descends from.
func (p *perfetto) within(inner, outer int) bool {
	if p.spans[inner].End.After(p.spans[outer].End) {
		return false
	}
	for steps := 0; steps < maxDepth; steps++ {
		parent, ok := p.byID[p.spans[inner].Parent]
		if !ok {
			return false
		}
		if parent == outer {
			return true
		}
		inner = parent
	}
	return false
}

// traceEvent is an event with what it is ordered by.
type traceEvent struct {
	at   time.Time
	rank int // among those at one time: what ends, what begins, what happens within
	text []byte
}

// events are all events, in the order of time.
func (p *perfetto) events() [][]byte {
	var texts [][]byte
	for _, name := range p.processes {
		texts = append(texts, p.meta("process_name", name, 0, "name", name))
		texts = append(texts, appendNumber(p.meta("process_sort_index", name, 0, "", ""), p.numbers[name]))
		for lane := range p.laneCount[name] {
			texts = append(texts, p.meta("thread_name", name, lane+1, "name", name))
		}
	}
	var list []traceEvent
	for _, i := range p.order {
		list = append(list, p.eventsOf(i)...)
	}
	slices.SortStableFunc(list, func(a, b traceEvent) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.rank, b.rank)) })
	for _, e := range list {
		texts = append(texts, e.text)
	}
	return texts
}

func appendNumber(b []byte, n int) []byte {
	return append(strconv.AppendInt(append(b, `"sort_index":`...), int64(n), 10), "}}"...)
}

// meta names a process or a lane; without a key it leaves the arguments open.
func (p *perfetto) meta(what, process string, lane int, key, value string) []byte {
	b := append([]byte(`{"ph":"M","name":"`), what...)
	b = append(b, `","pid":`...)
	b = strconv.AppendInt(b, int64(p.numbers[process]), 10)
	b = append(b, `,"tid":`...)
	b = strconv.AppendInt(b, int64(lane), 10)
	b = append(b, `,"args":{`...)
	if key == "" {
		return b
	}
	b = append(appendString(b, key), ':')
	b = appendString(b, value)
	return append(b, "}}"...)
}

// eventsOf are those of one span: the span with the arrow that begins with it, the arrows that end, and what happened within.
func (p *perfetto) eventsOf(i int) []traceEvent {
	s := &p.spans[i]
	b := p.head('X', s.Name, i, s.Start)
	b = append(b, `,"dur":`...)
	b = appendMicroseconds(b, max(0, s.End.Sub(s.Start)))
	b = append(b, `,"args":`...)
	b = append(appendJSONObject(b, p.arguments(s)), '}')
	begin := traceEvent{s.Start, 1, b}
	var ends []traceEvent
	parent, ok := p.byID[s.Parent]
	receives := ok && isReceiver(s) && !p.spans[parent].Start.After(s.Start)
	if receives {
		ends = append(ends, traceEvent{s.Start, 2, p.arrow('f', "message", i, s.Start, s.ID)})
		at := p.spans[parent].Start
		ends = append(ends, traceEvent{at, 2, p.arrow('s', "message", parent, at, s.ID)})
	}
	if receives && isAnswered(&p.spans[parent]) && !p.spans[parent].End.Before(s.End) && s.Attribute(spans.RaftkvCopyKey).AsInt64() == 0 {
		at := p.spans[parent].End
		ends = append(ends, traceEvent{s.End, 0, p.arrow('s', "reply", i, s.End, s.ID)}, traceEvent{at, 0, p.arrow('f', "reply", parent, at, s.ID)})
	}
	if ok && s.Name == spans.LateReplyName && !p.spans[parent].End.After(s.End) {
		at := p.spans[parent].End
		ends = append(ends, traceEvent{at, 0, p.arrow('s', "reply", parent, at, s.ID)}, traceEvent{s.End, 0, p.arrow('f', "reply", i, s.End, s.ID)})
	}
	list := append([]traceEvent{begin}, ends...)
	for k := range s.Events {
		e := &s.Events[k]
		b := p.head('i', e.Name, i, e.At)
		b = append(b, `,"s":"t","args":`...)
		list = append(list, traceEvent{e.At, 3, append(appendJSONObject(b, e.Attributes), '}')})
	}
	return list
}

func isReceiver(s *Span) bool {
	return s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer
}

// isAnswered says whether a call got its reply.
func isAnswered(s *Span) bool {
	return s.Kind == trace.SpanKindClient && s.Attribute(spans.RaftReplyKey).AsString() != ""
}

// arguments are a span's attributes, and what else of it the format has no place for.
func (p *perfetto) arguments(s *Span) []attribute.KeyValue {
	list := []attribute.KeyValue{attribute.String("trace id", s.TraceID().String()), attribute.String("span id", s.ID.String())}
	if s.Parent != 0 {
		list = append(list, attribute.String("parent id", s.Parent.String()))
	}
	var links []string
	for _, l := range s.Links {
		links = append(links, l.ID.String())
	}
	if len(links) > 0 {
		list = append(list, attribute.StringSlice("links to", links))
	}
	if s.Status.Description != "" {
		list = append(list, attribute.String("status", s.Status.Description))
	}
	return append(list, s.Attributes...)
}

// head begins an event.
func (p *perfetto) head(phase byte, name string, span int, at time.Time) []byte {
	s := &p.spans[span]
	b := append([]byte(`{"ph":"`), phase)
	b = append(b, `","name":`...)
	b = appendString(b, name)
	b = append(b, `,"cat":`...)
	b = appendString(b, s.Kind.String())
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(p.numbers[s.Service]), 10)
	b = append(b, `,"tid":`...)
	b = strconv.AppendInt(b, int64(p.lanes[span]), 10)
	b = append(b, `,"ts":`...)
	return appendMicroseconds(b, at.Sub(p.epoch))
}

// arrow begins or ends an arrow: both ends have one name, one category and one id.
func (p *perfetto) arrow(phase byte, name string, span int, at time.Time, id world.CausalID) []byte {
	b := append([]byte(`{"ph":"`), phase)
	b = append(b, `","name":"`+name+`","cat":"`+name+`","id":"0x`+id.String()+`"`...)
	if phase == 'f' {
		b = append(b, `,"bp":"e"`...)
	}
	b = append(b, `,"pid":`...)
	b = strconv.AppendInt(b, int64(p.numbers[p.spans[span].Service]), 10)
	b = append(b, `,"tid":`...)
	b = strconv.AppendInt(b, int64(p.lanes[span]), 10)
	b = append(b, `,"ts":`...)
	return append(appendMicroseconds(b, at.Sub(p.epoch)), '}')
}

// appendMicroseconds appends a time as the format wants it: microseconds, to the nanosecond.
func appendMicroseconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		b, d = append(b, '-'), -max(d, -math.MaxInt64) // the least number has no positive one
	}
	b = strconv.AppendInt(b, int64(d/time.Microsecond), 10)
	n := int(d % time.Microsecond)
	return append(b, '.', '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
}
