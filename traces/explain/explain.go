package explain

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// Explainer says why something in a run is as it is, from its spans alone. It reads again what it wants to know of a
// span.
type Explainer struct {
	*traces.Spans

	children   []int32            // all spans: by their parents' ids, then by start
	byProcess  map[string][]int32 // by end
	faults     []*traces.Span     // in their order
	elections  []*traces.Span     // by start
	violations []*traces.Span     // by start
	operations map[string]int32   // by the names of their requests: client-2/3
	nodes      []string           // those that the cluster consists of
	peers      *traces.Span       // that names them; nil for none
	run        *traces.Span       // the run's own span; nil for none
	last       int32              // the span that ends last; -1 for none
	orphan     int32              // a span whose parent is missing; -1 for none
	looked     []uint64           // a bit for each span of which it is known whether it is strange
	strange    []uint64           // a bit for each that is
}

// Explanation is an answer, and below it what led to it.
type Explanation struct {
	Question string // as it can be asked again
	Answer   Sentence
	Parts    []ExplanationPart
	Next     string // what to ask next; empty if there is nothing else to ask
}

// ExplanationPart is a part of what led to something, such as why a server stood for election.
type ExplanationPart struct {
	Title  Sentence
	Steps  []ExplanationStep
	WhyNot bool // it says why something did not happen: at least one of its steps names a rule or an event
	Took   bool // its steps say how long something took, and not when it was
}

// because is a part about what led to something, and whyNot one about what kept something from happening.
func because(title string, steps []ExplanationStep) ExplanationPart {
	return ExplanationPart{Title: say("%s", title), Steps: steps}
}

func whyNot(title string, steps []ExplanationStep) ExplanationPart {
	return ExplanationPart{Title: say("%s", title), Steps: steps, WhyNot: true}
}

// NewExplainer makes ready to answer questions about a run.
func NewExplainer(all *traces.Spans) *Explainer {
	e := &Explainer{Spans: all, byProcess: map[string][]int32{}, operations: map[string]int32{}, last: -1, orphan: -1}
	e.looked, e.strange = make([]uint64, len(all.List)/64+1), make([]uint64, len(all.List)/64+1)
	beginnings, ends := all.BeginningsAndEnds()
	for i := range all.List {
		at := int32(i)
		if e.last < 0 || all.List[i].End > all.List[e.last].End {
			e.last = at
		}
		if e.orphan < 0 && all.List[i].Parent != 0 && all.ParentOf(at) < 0 {
			e.orphan = at
		}
	}
	for _, at := range ends {
		service := words.Printable(all.ShapeOf(at).Service)
		e.byProcess[service] = append(e.byProcess[service], at)
	}
	for _, at := range beginnings {
		e.note(at)
	}
	e.children = beginnings
	slices.SortStableFunc(e.children, func(a, b int32) int { return cmp.Compare(all.List[a].Parent, all.List[b].Parent) })
	if len(e.nodes) == 0 {
		for service := range e.byProcess {
			if group, n := traces.ProcessNumber(service); group == spans.ServiceNode && n > 0 {
				e.nodes = append(e.nodes, service)
			}
		}
		slices.SortFunc(e.nodes, traces.CompareProcesses)
	}
	return e
}

// note keeps what is asked for again and again.
func (e *Explainer) note(at int32) {
	switch traces.DeclaredName(e.ShapeOf(at).Name) {
	case spans.RunName, spans.FaultName, spans.ViolationName, spans.ElectionName, spans.KVPutName, spans.KVGetName,
		spans.KVDeleteName, spans.SetPeersName:
	default:
		return
	}
	s := e.known(at)
	if s == nil {
		return
	}
	switch traces.DeclaredName(s.Name) {
	case spans.RunName:
		e.run = s
	case spans.FaultName:
		e.faults = append(e.faults, s)
	case spans.ViolationName:
		e.violations = append(e.violations, s)
	case spans.ElectionName:
		e.elections = append(e.elections, s)
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		e.operations[s.Attribute(spans.KVRequestIDKey).AsString()] = at
	case spans.SetPeersName:
		e.nodes, e.peers = shownList(s, spans.RaftPeersKey), s
	}
}

// span is a span with all that it says, and its process as it can be part of a sentence.
func (e *Explainer) span(i int32) *traces.Span {
	s := e.At(i)
	s.Service = words.Printable(s.Service)
	return s
}

// known is the span if it is one that the spec declares, with all that it must have; nil if not: what it says is not
// understood then, and nothing rests on it.
func (e *Explainer) known(i int32) *traces.Span {
	word, bit := i/64, uint64(1)<<(i%64)
	if e.strange[word]&bit != 0 {
		return nil
	}
	s := e.span(i)
	if e.looked[word]&bit == 0 {
		e.looked[word] |= bit
		if len(strangeIn(s)) > 0 {
			e.strange[word] |= bit
			return nil
		}
	}
	return s
}

// spanOf is the known span with an id; nil if there is none.
func (e *Explainer) spanOf(id world.CausalID) *traces.Span {
	if i := e.ByID.Get(id); i >= 0 && id != 0 {
		return e.known(i)
	}
	return nil
}

// operation is the span of an operation by the name of its request; nil if there is none.
func (e *Explainer) operation(request string) *traces.Span {
	if i, ok := e.operations[request]; ok {
		return e.span(i)
	}
	return nil
}

// below are the known spans whose parent one is, by start.
func (e *Explainer) below(id world.CausalID) iter.Seq[*traces.Span] {
	return func(yield func(*traces.Span) bool) {
		for _, i := range e.children[e.firstBelow(id):] {
			if e.List[i].Parent != id {
				return
			}
			if s := e.known(i); s != nil && s.ID != id && !yield(s) {
				return
			}
		}
	}
}

// firstBelow is where the spans begin, among all by their parents, whose parent one is.
func (e *Explainer) firstBelow(id world.CausalID) int {
	parent := func(i int32, id world.CausalID) int { return cmp.Compare(e.List[i].Parent, id) }
	from, _ := slices.BinarySearchFunc(e.children, id, parent)
	return from
}

// of are the known spans of a process that have one of these names, by end; those of all processes, in the order of
// the file, for an empty one.
func (e *Explainer) of(process string, names ...string) iter.Seq[*traces.Span] {
	return e.where(process, func(i int32) bool { return slices.Contains(names, e.ShapeOf(i).Name) })
}

// where are the known spans of a process, as of, of which something is so that is known without reading them again.
func (e *Explainer) where(process string, is func(i int32) bool) iter.Seq[*traces.Span] {
	return func(yield func(*traces.Span) bool) {
		if process == "" {
			for i := range e.List {
				if !is(int32(i)) {
					continue
				}
				if s := e.known(int32(i)); s != nil && !yield(s) {
					return
				}
			}
			return
		}
		for _, i := range e.byProcess[process] {
			if !is(i) {
				continue
			}
			if s := e.known(i); s != nil && !yield(s) {
				return
			}
		}
	}
}

// backward is of, the last one first.
func (e *Explainer) backward(process string, names ...string) iter.Seq[*traces.Span] {
	return func(yield func(*traces.Span) bool) {
		for _, i := range slices.Backward(e.byProcess[process]) {
			if !slices.Contains(names, e.ShapeOf(i).Name) {
				continue
			}
			if s := e.known(i); s != nil && !yield(s) {
				return
			}
		}
	}
}

// receivers are the spans that took in what a span sent: none if it was lost, two if it was doubled.
func (e *Explainer) receivers(call *traces.Span) []*traces.Span {
	var list []*traces.Span
	for s := range e.below(call.ID) {
		if traces.IsReceiver(s) {
			list = append(list, s)
		}
	}
	return list
}

// runEnd is the last moment of the trace.
func (e *Explainer) runEnd() Moment { return e.end(e.span(e.last)) }

// finish completes an answer: with what the run ended in, and with another question to ask next.
func (e *Explainer) finish(x *Explanation, question string, next ...string) *Explanation {
	x.Question = question
	if len(e.violations) > 0 && question != e.violations[0].ID.String() {
		var steps []ExplanationStep
		for _, v := range e.violations {
			steps = append(steps, step(e.begin(v), "The invariant %s did not hold, and the run was stopped.",
				shown(v, spans.RaftkvInvariantKey)))
		}
		x.Parts = append(x.Parts, because("How the run ended", steps))
	}
	x.Parts = append(x.Parts, because("How far the trace goes", e.partOnly()))
	x.Parts = slices.DeleteFunc(x.Parts, func(p ExplanationPart) bool { return len(p.Steps) == 0 })
	x.Answer = x.Answer.tidy()
	for i := range x.Parts {
		x.Parts[i].Title = x.Parts[i].Title.tidy()
		for k := range x.Parts[i].Steps {
			x.Parts[i].Steps[k].Sentence = x.Parts[i].Steps[k].tidy()
		}
	}
	if x.Next = e.another(question, next); x.Next == "" {
		x.Next = e.another(question, e.Questions(1))
	}
	return x
}

// partOnly says of a trace that is a part of one that it is.
func (e *Explainer) partOnly() []ExplanationStep {
	const rest = "this is a part of a trace, and what is said not to be there may be in the rest."
	switch {
	case e.orphan >= 0:
		return []ExplanationStep{step(e.begin(e.span(e.orphan)), "The span above this one is missing: %s", rest)}
	case e.run == nil && e.last >= 0:
		return []ExplanationStep{step(e.runEnd(), "The run's own span is missing: %s", rest)}
	}
	return nil
}

// another is the first question that is answered otherwise than one; empty if there is none.
func (e *Explainer) another(question string, list []string) string {
	asked := e.canonical(question)
	for _, other := range list {
		if other != "" && e.canonical(other) != asked {
			return other
		}
	}
	return ""
}

// canonical is one question for all that are answered alike: an operation's span is answered as the operation is, and
// a won election's as its term.
func (e *Explainer) canonical(question string) string {
	s, err := e.find(question)
	if err != nil || s == nil || len(strangeIn(s)) > 0 {
		return strings.ReplaceAll(question, "/", " ")
	}
	switch s.Name {
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		return strings.ReplaceAll(s.Attribute(spans.KVRequestIDKey).AsString(), "/", " ")
	case spans.ElectionName:
		if winner := e.winner(termOf(s)); winner != nil && winner.ID == s.ID {
			return termQuestion(termOf(s))
		}
	}
	return s.ID.String()
}

// others are questions about what a span is next to: its cause, what it caused, and what its process did first.
func (e *Explainer) others(s *traces.Span) []string {
	var list []string
	if i := e.ByID.Get(s.Parent); i >= 0 && s.Parent != 0 {
		list = append(list, s.Parent.String())
	}
	if from := e.firstBelow(s.ID); from < len(e.children) && e.List[e.children[from]].Parent == s.ID {
		list = append(list, e.List[e.children[from]].Id.String())
	}
	if e.operation(s.Service+"/1") != nil {
		list = append(list, s.Service+" 1")
	}
	return list
}
