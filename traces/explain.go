package traces

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Explainer says why something in a run is as it is, from its spans alone. It reads again what it wants to know of a span.
type Explainer struct {
	*Spans

	children   []int32            // all spans: by their parents' ids, then by start
	byProcess  map[string][]int32 // by end
	faults     []*Span            // in their order
	elections  []*Span            // by start
	operations map[string]int32   // by the names of their requests: client-2/3
	nodes      []string           // those that the cluster consists of
}

// Explanation is an answer, and below it what led to it.
type Explanation struct {
	Answer string
	Parts  []ExplanationPart
	Next   string // what to ask next
}

// ExplanationPart is a part of what led to something, such as why a server stood for election.
type ExplanationPart struct {
	Title string
	Steps []ExplanationStep
}

// ExplanationStep is one thing that happened, or that did not.
type ExplanationStep struct {
	At   time.Duration // since the run began; in a part that says where the time went, how long it took
	Text string
	ID   world.CausalID // of the span that tells it; 0 for none
}

// QuestionError says that a question has no answer, and which similar one has.
type QuestionError struct {
	Message string
	Nearest string // empty where none is similar
	Alone   bool   // there is nothing similar to look for
}

// Error says what is wrong with the question.
func (q *QuestionError) Error() string { return q.Message }

// NewExplainer makes ready to answer questions about a run.
func NewExplainer(all *Spans) *Explainer {
	e := &Explainer{Spans: all, byProcess: map[string][]int32{}, operations: map[string]int32{}}
	for i := range all.list {
		at := int32(i)
		shape := all.shapeOf(at)
		service := printable(shape.service)
		e.byProcess[service] = append(e.byProcess[service], at)
		switch shape.name {
		case spans.FaultName:
			e.faults = append(e.faults, e.span(at))
		case spans.ElectionName:
			e.elections = append(e.elections, e.span(at))
		case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
			e.operations[e.span(at).Attribute(spans.KVRequestIDKey).AsString()] = at
		case spans.SetPeersName:
			e.nodes = e.span(at).values(spans.RaftPeersKey)
		}
	}
	e.children = all.inOrder(func(a, b int32) int {
		x, y := &all.list[a], &all.list[b]
		return cmp.Or(cmp.Compare(x.parent, y.parent), cmp.Compare(x.start, y.start))
	})
	for _, list := range e.byProcess {
		slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(all.list[a].end, all.list[b].end) })
	}
	byStart := func(a, b *Span) int { return a.Start.Compare(b.Start) }
	slices.SortStableFunc(e.faults, byStart)
	slices.SortStableFunc(e.elections, byStart)
	return e
}

// span is a span with all that it says, and its process as it can be part of a sentence.
func (e *Explainer) span(i int32) *Span {
	s := e.at(i)
	s.Service = printable(s.Service)
	return s
}

// spanOf is the span with an id; nil if there is none.
func (e *Explainer) spanOf(id world.CausalID) *Span {
	if i := e.byID.get(id); i >= 0 && id != 0 {
		return e.span(i)
	}
	return nil
}

// operation is the span of an operation by the name of its request; nil if there is none.
func (e *Explainer) operation(request string) *Span {
	if i, ok := e.operations[request]; ok {
		return e.span(i)
	}
	return nil
}

// below are the spans whose parent one is, by start.
func (e *Explainer) below(id world.CausalID) iter.Seq[*Span] {
	return func(yield func(*Span) bool) {
		from, _ := slices.BinarySearchFunc(e.children, id, func(i int32, id world.CausalID) int { return cmp.Compare(e.list[i].parent, id) })
		for _, i := range e.children[from:] {
			if e.list[i].parent != id || !yield(e.span(i)) {
				return
			}
		}
	}
}

// of are the spans of a process that have one of these names, by end; those of all processes, in the order of the file, for an empty one.
func (e *Explainer) of(process string, names ...string) iter.Seq[*Span] {
	return e.where(process, func(i int32) bool { return slices.Contains(names, e.shapeOf(i).name) })
}

// where are the spans of a process, as of, of which something is so that is known without reading them again.
func (e *Explainer) where(process string, is func(i int32) bool) iter.Seq[*Span] {
	return func(yield func(*Span) bool) {
		if process == "" {
			for i := range e.list {
				if is(int32(i)) && !yield(e.span(int32(i))) {
					return
				}
			}
			return
		}
		for _, i := range e.byProcess[process] {
			if is(i) && !yield(e.span(i)) {
				return
			}
		}
	}
}

// backward is of, the last one first.
func (e *Explainer) backward(process string, names ...string) iter.Seq[*Span] {
	return func(yield func(*Span) bool) {
		for _, i := range slices.Backward(e.byProcess[process]) {
			if slices.Contains(names, e.shapeOf(i).name) && !yield(e.span(i)) {
				return
			}
		}
	}
}

// Explain answers a question: a span's id, `leader term 4`, `client-2 3`, or `index 7 node-3`. An error says what is wrong with the question, and is a
// QuestionError where a similar one has an answer; Questions are those that can be asked.
func (e *Explainer) Explain(question string) (*Explanation, error) {
	words := strings.Fields(strings.ReplaceAll(question, "/", " "))
	if len(words) == 1 {
		if s, err := e.find(words[0]); err != nil {
			return nil, err
		} else if s != nil {
			return e.explainSpan(s), nil
		}
	}
	var term, index, ordinal uint64
	var group, process string
	elected := false
	var strange []string // words that nothing can be made of
	for i := 0; i < len(words); i++ {
		number, isNumber := uint64(0), false
		if i+1 < len(words) {
			n, err := strconv.ParseUint(words[i+1], 10, 63)
			number, isNumber = n, err == nil
		}
		name, _ := processNumber(words[i])
		switch word := words[i]; {
		case (isElection(word) || word == "term") && isNumber:
			term = number
			i++
		case isElection(word) && group == "", word == "term" && i > 0 && isElection(words[i-1]):
			elected = true
		case word == "index" && isNumber:
			index = number
			i++
		case name == spans.ServiceClient && isNumber:
			process, ordinal, group = word, number, name
			i++
		case name == spans.ServiceNode:
			process, group = word, name
		default:
			strange = append(strange, word)
			if isNumber {
				i++ // which belongs to it
			}
		}
	}
	switch {
	case len(strange) > 0 || len(words) == 0:
		return nil, misunderstood(question, strange)
	case term > 0 && group == "" && index == 0:
		return e.explainTerm(int64(term))
	case ordinal > 0 && term == 0 && index == 0:
		return e.explainOperation(process + "/" + strconv.FormatUint(ordinal, 10))
	case index > 0 && term == 0 && group == spans.ServiceNode:
		return e.explainEntry(int64(index), process)
	case elected && term == 0 && group == "" && index == 0:
		return nil, e.whichTerm(question)
	case index > 0 && group == "" && term == 0:
		return nil, fmt.Errorf("cannot tell what %q asks: of which server it does not say", question)
	case group == spans.ServiceNode && len(words) == 1:
		return nil, fmt.Errorf("cannot tell what %q asks: which index of %s it does not say", question, process)
	}
	return nil, misunderstood(question, nil)
}

// misunderstood says of a question what cannot be made sense of in it, and what can be asked.
func misunderstood(question string, strange []string) error {
	said := fmt.Sprintf("cannot tell what %q asks", question)
	if len(strange) > 0 && len(strange) < len(strings.Fields(question)) {
		for i := range strange {
			strange[i] = strconv.Quote(strange[i])
		}
		said += ": nothing can be made of " + andList(strange)
	}
	return fmt.Errorf("%s; ask for a span by %d digits of its id or more, leader term N, client-N N, or index N node-N, each counted from 1", said, leastDigits)
}

// Questions are the questions that have an answer, but for the ids of spans; at most so many of those about entries of logs.
func (e *Explainer) Questions(entries int) []string {
	var list []string
	last := int64(0)
	for _, s := range e.elections {
		if term := s.Attribute(spans.RaftTermKey).AsInt64(); term > last {
			list = append(list, "leader term "+strconv.FormatInt(term, 10))
			last = term
		}
	}
	requests := make([]string, 0, len(e.operations))
	for request := range e.operations {
		requests = append(requests, strings.ReplaceAll(request, "/", " "))
	}
	slices.SortFunc(requests, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	list = append(list, requests...)
	for _, node := range e.nodes {
		for index := int64(1); index <= e.lastIndex(node) && entries > 0; index++ {
			list = append(list, fmt.Sprintf("index %d %s", index, node))
			entries--
		}
	}
	return list
}

// leastDigits is how much of a span's id a question has to have.
const leastDigits = 6

// find is the span that a word names by its id, or by the beginning of it if no other begins so; nil if the word looks like no id.
func (e *Explainer) find(word string) (*Span, error) {
	digits := strings.ToLower(word)
	if _, ok := hex([]byte(digits)); !ok || len(digits) < leastDigits || len(digits) > 16 {
		return nil, nil // it is a question of another kind then
	}
	var found *Span
	for i := range e.list {
		if id := e.list[i].id; strings.HasPrefix(id.String(), digits) {
			if found != nil && found.ID != id {
				return nil, fmt.Errorf("two spans' ids begin with %s: %s and %s", word, found.ID, id)
			}
			found = e.span(int32(i))
		}
	}
	if found == nil {
		return nil, &QuestionError{Message: fmt.Sprintf("no span of this run has the id %s: copy one from the story, or from Jaeger", word), Nearest: e.mistyped(digits), Alone: true}
	}
	return found, nil
}

// mistyped is the id that is written so but for one or two digits.
func (e *Explainer) mistyped(digits string) string {
	const most = 2
	nearest, least := "", most+1
	for i := range e.list {
		id, wrong := e.list[i].id.String(), 0
		for k := range digits {
			if digits[k] != id[k] {
				wrong++
			}
		}
		if wrong < least {
			nearest, least = id, wrong
		}
	}
	return nearest
}

// Write writes an explanation in lines of so many columns.
func (x *Explanation) Write(w io.Writer, columns int) error {
	b := bufio.NewWriter(w)
	for line := range broken(x.Answer, columns) {
		_, _ = b.WriteString(line + "\n") // Flush tells
	}
	for _, part := range x.Parts {
		if len(part.Steps) == 0 {
			continue
		}
		_, _ = b.WriteString("\n")
		for line := range broken(part.Title, columns) {
			_, _ = b.WriteString(line + "\n")
		}
		for _, step := range part.Steps {
			text := step.Text
			if step.ID != 0 {
				text += " [" + step.ID.String() + "]"
			}
			before := milliseconds(step.At)
			before = strings.Repeat(" ", max(0, timeWidth-utf8.RuneCountInString(before))) + before + "  "
			for line := range broken(text, columns-len(before)) {
				_, _ = b.WriteString(before + line + "\n")
				before = strings.Repeat(" ", len(before))
			}
		}
	}
	return b.Flush()
}

// The parts of sentences that all explanations are made of.

func (e *Explainer) since(at time.Time) time.Duration { return at.Sub(e.epoch) }

func (e *Explainer) time(at time.Time) string { return milliseconds(e.since(at)) }

func (e *Explainer) step(at time.Time, id world.CausalID, format string, arguments ...any) ExplanationStep {
	return ExplanationStep{e.since(at), fmt.Sprintf(format, arguments...), id}
}

func took(from, to time.Time) string { return milliseconds(to.Sub(from)) }

// value is an attribute as a sentence says it.
func (s *Span) value(key attribute.Key) string { return text(s.Attribute(key)) }

// values are the texts of an attribute as a sentence says them.
func (s *Span) values(key attribute.Key) []string {
	list := s.Attribute(key).AsStringSlice()
	for i := range list {
		list[i] = printable(list[i])
	}
	return list
}

func (s *Span) number(key attribute.Key) int64 { return s.Attribute(key).AsInt64() }

func (s *Span) peer() string { return s.value(spans.RaftPeerIDKey) }

func (s *Span) replied(m protocol.Message) bool {
	return s.Attribute(spans.RaftReplyKey).AsString() == m.Name()
}

func (s *Span) is(name string, kind trace.SpanKind) bool { return s.Name == name && s.Kind == kind }

// event is the first event of a span of that name.
func (s *Span) event(name string) *Event {
	for i := range s.Events {
		if s.Events[i].Name == name {
			return &s.Events[i]
		}
	}
	return nil
}

// together says whether two moments of one process are the same: to the microsecond, because Jaeger keeps times no better.
func together(a, b time.Time) bool { return a.Sub(b).Abs() <= time.Microsecond }

// receivers are the spans that took in what a span sent: none if it was lost, two if it was doubled.
func (e *Explainer) receivers(call *Span) []*Span {
	var list []*Span
	for s := range e.below(call.ID) {
		if isReceiver(s) && s.ID != call.ID {
			list = append(list, s)
		}
	}
	return list
}

// carries says whether an AppendEntries has the entry of an index.
func (s *Span) carries(index int64) bool {
	before := s.number(spans.RaftPrevLogIndexKey)
	return before < index && index <= before+s.number(spans.RaftEntriesCountKey)
}
