package export

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// WritePerfetto writes spans in the trace event format of Chrome's tracing page, which Perfetto's page opens, too: a
// track for each process, and an arrow for each message and each reply. A span stands below its parent or in a lane of
// its own, because a track can show only what nests. Times are those of the run, from its beginning on. A link is lost,
// but for its id among the arguments, and so is the difference between types of lists.
func WritePerfetto(w io.Writer, all *index.Trace) error {
	p := newPerfetto(all)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[") // Flush tells
	separator := "\n"
	for text := range p.events() {
		_, _ = b.WriteString(separator)
		_, _ = b.Write(text)
		separator = ",\n"
	}
	_, _ = b.WriteString("\n]}\n")
	return errors.Join(b.Flush(), all.Err())
}

// perfetto is a trace to be written in the trace event format.
type perfetto struct {
	*index.Trace

	order     []int32 // of the spans: by start, and the longer one first
	processes []string
	numbers   map[string]int // of the processes, from 1
	lanes     []int32        // of each span, from 1
	laneCount map[string]int
	laneWords map[laneOf]map[string]int // of each lane, how many spans of which names are in it
	replies   []int32                   // see index.Trace.Replies
}

func newPerfetto(all *index.Trace) *perfetto {
	p := &perfetto{
		Trace: all, processes: all.Services(), numbers: map[string]int{}, lanes: make([]int32, all.Len()),
		laneCount: map[string]int{}, laneWords: map[laneOf]map[string]int{}, replies: all.Replies(),
	}
	for i, name := range p.processes {
		p.numbers[name] = i + 1
	}
	p.order, _ = all.BeginningsAndEnds()
	slices.SortStableFunc(p.order, func(a, b int32) int {
		x, y := all.Entry(a), all.Entry(b)
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End), cmp.Compare(x.Depth, y.Depth))
	})
	p.assignLanes()
	return p
}

// laneOf is a lane of a process.
type laneOf struct {
	process string
	lane    int32
}

// assignLanes gives each span the first lane of its process in which it is alone, or below an ancestor.
func (p *perfetto) assignLanes() {
	open := map[string][][]int32{} // of each process, of each lane, the spans that are open, the innermost last
	for _, i := range p.order {
		service := p.Shape(i).Service
		lanes := open[service]
		lane := 0
		for ; lane < len(lanes); lane++ {
			stack := lanes[lane]
			for len(stack) > 0 && p.Entry(stack[len(stack)-1]).End <= p.Entry(i).Start {
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
		open[service] = lanes
		p.lanes[i] = int32(lane + 1)
		p.laneCount[service] = max(p.laneCount[service], lane+1)
		of := laneOf{service, int32(lane + 1)}
		if p.laneWords[of] == nil {
			p.laneWords[of] = map[string]int{}
		}
		p.laneWords[of][words.LastPart(p.Shape(i).Name)]++
	}
}

// within says whether a span is over before another one that it descends from.
func (p *perfetto) within(inner, outer int32) bool {
	if p.Entry(inner).End > p.Entry(outer).End {
		return false
	}
	for steps := 0; steps < math.MaxUint8; steps++ {
		parent := p.Parent(inner)
		if parent < 0 || parent == outer {
			return parent == outer
		}
		inner = parent
	}
	return false
}

// traceEvent is an event of the format: what of which span, and when.
type traceEvent struct {
	at   int64 // in ns since 1970
	span int32 // its place in the order
	what int32
}

// What there is of a span: the span with the arrows that begin or end with it, and behind these, one for each, what
// happened within it.
const (
	theSpan int32 = iota
	messageEnds
	messageBegins
	replyBegins
	replyEnds
	lateReplyBegins
	lateReplyEnds
	happened
)

// rank is an event's among those at one time: what ends, what begins, what happens within.
func (e *traceEvent) rank() int {
	switch e.what {
	case theSpan:
		return 1
	case messageEnds, messageBegins:
		return 2
	case replyBegins, replyEnds, lateReplyBegins, lateReplyEnds:
		return 0
	}
	return 3
}

// events are all events, in the order of time.
func (p *perfetto) events() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, text := range p.names() {
			if !yield(text) {
				return
			}
		}
		list := make([]traceEvent, 0, 3*len(p.order))
		for n := range p.order {
			list = p.appendEventsOf(list, int32(n))
		}
		slices.SortFunc(list, func(a, b traceEvent) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.span, b.span),
				cmp.Compare(a.what, b.what))
		})
		for i := range list {
			if p.Err() != nil || !yield(p.written(&list[i])) {
				return
			}
		}
	}
}

// names name the processes and their lanes.
func (p *perfetto) names() (texts [][]byte) {
	for _, name := range p.processes {
		texts = append(texts, p.meta("process_name", name, 0, "name", name))
		texts = append(texts, appendNumber(p.meta("process_sort_index", name, 0, "", ""), p.numbers[name]))
		for lane := range p.laneCount[name] {
			texts = append(texts, p.meta("thread_name", name, lane+1, "name", p.laneName(name, lane+1)))
			texts = append(texts, appendNumber(p.meta("thread_sort_index", name, lane+1, "", ""), lane+1))
		}
	}
	return texts
}

// laneName is what a lane of a process is called: by its number and by what most of its spans are.
func (p *perfetto) laneName(process string, lane int) string {
	const most = 2
	words := p.laneWords[laneOf{process, int32(lane)}]
	names := slices.SortedFunc(maps.Keys(words), func(a, b string) int {
		return cmp.Or(cmp.Compare(words[b], words[a]), strings.Compare(a, b))
	})
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return process + " " + strconv.Itoa(lane) + ": " + strings.Join(names, ", ")
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
	b = append(record.AppendString(b, key), ':')
	b = record.AppendString(b, value)
	return append(b, "}}"...)
}

// appendEventsOf appends those of one span: the span with the arrow that begins with it, the arrows that end, and what
// happened within.
func (p *perfetto) appendEventsOf(list []traceEvent, n int32) []traceEvent {
	i := p.order[n]
	s := p.Entry(i)
	list = append(list, traceEvent{s.Start, n, theSpan})
	if parent := p.Parent(i); parent >= 0 {
		above := p.Entry(parent)
		receives := p.IsReceiver(i) && above.Start <= s.Start
		if receives {
			list = append(list, traceEvent{s.Start, n, messageEnds}, traceEvent{above.Start, n, messageBegins})
		}
		if receives && p.replies[parent] == i {
			list = append(list, traceEvent{s.End, n, replyBegins}, traceEvent{above.End, n, replyEnds})
		}
		if p.IsLateReply(i) && above.End <= s.End {
			list = append(list, traceEvent{above.End, n, lateReplyBegins}, traceEvent{s.End, n, lateReplyEnds})
		}
	}
	if p.Entry(i).HasEvents {
		for k, e := range p.Span(i).Events {
			list = append(list, traceEvent{e.At.UnixNano(), n, happened + int32(k)})
		}
	}
	return list
}

// written is an event as the format has it.
func (p *perfetto) written(e *traceEvent) []byte {
	i := p.order[e.span]
	parent := p.Parent(i)
	switch e.what {
	case theSpan:
		s := p.Span(i)
		b := p.head('X', s.Name, s.Kind, i, s.Start)
		b = append(b, `,"dur":`...)
		b = appendMicroseconds(b, max(0, s.End.Sub(s.Start)))
		b = append(b, `,"args":`...)
		return append(appendJSONObject(b, arguments(s)), '}')
	case messageEnds:
		return p.arrow('f', "message", i, e.at, i)
	case messageBegins:
		return p.arrow('s', "message", parent, e.at, i)
	case replyBegins:
		return p.arrow('s', "reply", i, e.at, i)
	case replyEnds:
		return p.arrow('f', "reply", parent, e.at, i)
	case lateReplyBegins:
		return p.arrow('s', "reply", parent, e.at, i)
	case lateReplyEnds:
		return p.arrow('f', "reply", i, e.at, i)
	}
	s := p.Span(i)
	k := int(e.what - happened)
	if k >= len(s.Events) {
		return []byte("{}") // the file changed, which is told at the end
	}
	b := p.head('i', s.Events[k].Name, s.Kind, i, s.Events[k].At)
	b = append(b, `,"s":"t","args":`...)
	return append(appendJSONObject(b, s.Events[k].Attributes), '}')
}

// arguments are a span's attributes, and what else of it the format has no place for.
func arguments(s *traces.Span) []attribute.KeyValue {
	list := []attribute.KeyValue{
		attribute.String("trace id", s.TraceID().String()),
		attribute.String("span id", s.ID.String()),
	}
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

// head begins an event of a span.
func (p *perfetto) head(phase byte, name string, kind trace.SpanKind, span int32, at time.Time) []byte {
	b := append([]byte(`{"ph":"`), phase)
	b = append(b, `","name":`...)
	b = record.AppendString(b, name)
	b = append(b, `,"cat":`...)
	b = record.AppendString(b, kind.String())
	b = append(b, `,"pid":`...)
	b = p.appendTrack(b, span)
	return appendMicroseconds(b, at.Sub(p.Epoch))
}

// arrow begins or ends an arrow at a span, for one that takes in what is sent: both ends have one name, one category
// and one id.
func (p *perfetto) arrow(phase byte, name string, span int32, at int64, receiver int32) []byte {
	b := append([]byte(`{"ph":"`), phase)
	b = append(b, `","name":"`+name+`","cat":"`+name+`","id":"0x`+p.Entry(receiver).ID.String()+`"`...)
	if phase == 'f' {
		b = append(b, `,"bp":"e"`...)
	}
	b = append(b, `,"pid":`...)
	b = p.appendTrack(b, span)
	return append(appendMicroseconds(b, time.Unix(0, at).Sub(p.Epoch)), '}')
}

// appendTrack appends where a span is shown, and the key of the time.
func (p *perfetto) appendTrack(b []byte, span int32) []byte {
	b = strconv.AppendInt(b, int64(p.numbers[p.Shape(span).Service]), 10)
	b = append(b, `,"tid":`...)
	b = strconv.AppendInt(b, int64(p.lanes[span]), 10)
	return append(b, `,"ts":`...)
}

// appendMicroseconds appends a time as the format wants it: microseconds, to the nanosecond. Readers take it for a
// floating- point number and multiply it by 1000; of those, Perfetto's cut off what is behind the point, or round, and
// Chrome's takes ends for equal that are less than a picosecond apart. So where the nearest number is below the time,
// the next one is told.
func appendMicroseconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		b, d = append(b, '-'), -max(d, -math.MaxInt64) // the least number has no positive one
	}
	from := len(b)
	b = strconv.AppendInt(b, int64(d/time.Microsecond), 10)
	n := int(d % time.Microsecond)
	b = append(b, '.', '0'+byte(n/100), '0'+byte(n/10%10), '0'+byte(n%10))
	if read, err := strconv.ParseFloat(string(b[from:]), 64); err == nil && time.Duration(read*1000) < d {
		b = strconv.AppendFloat(b[:from], math.Nextafter(read, math.Inf(1)), 'f', -1, 64)
	}
	return b
}
