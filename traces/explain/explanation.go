package explain

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Explanation is an answer, and below it what led to it.
type Explanation struct {
	Question string // as it can be asked again
	Answer   Sentence
	Parts    []Part
	Next     string // what to ask next; empty if there is nothing else to ask

	next []string // what might be
}

// Suggest has the explanation suggest to ask one of these next.
func (x *Explanation) Suggest(next ...string) *Explanation {
	x.next = append(x.next, next...)
	return x
}

// Part is a part of what led to something, such as why a server stood for election.
type Part struct {
	Title  Sentence
	Steps  []Step
	WhyNot bool // it says why something did not happen: at least one of its steps names a rule or an event
	Took   bool // its steps say how long something took, and not when it was
}

// Because is a part about what led to something.
func Because(title string, steps ...Step) Part { return Part{Title: Say("%s", title), Steps: steps} }

// WhyNot is a part about what kept something from happening.
func WhyNot(title string, steps ...Step) Part {
	return Part{Title: Say("%s", title), Steps: steps, WhyNot: true}
}

// Step is one thing that happened, or that did not. A reason why something did not happen is a step whose sentence
// others go on with: it has no end.
type Step struct {
	Sentence

	At     time.Duration  // since the run began; in a part that says where the time went, how long it took
	ID     world.CausalID // of the span that tells it
	Rule   Rule           // of the protocol, that held something back or was broken; empty for none
	Event  Occurrence     // that kept something from arriving; empty for none
	Broken bool           // the rule was broken
}

// At is a step that was at a moment, which it rests on.
func At(moment Moment, format string, arguments ...any) Step {
	return Step{Sentence: Say(format, arguments...).On(moment), At: moment.At, ID: moment.Span}
}

// Kept is why something did not happen: an occurrence kept it from that, as a moment tells.
func Kept(by Occurrence, at Moment, said Sentence) Step {
	return Step{Sentence: said.On(at), At: at.At, ID: at.Span, Event: by}
}

// Ruled is why something did not happen: a rule held it back, as a moment tells.
func Ruled(by Rule, at Moment, said Sentence) Step {
	return Step{Sentence: said.On(at), At: at.At, ID: at.Span, Rule: by}
}

// Resting is the step, resting on more moments.
func (s Step) Resting(more ...Moment) Step {
	s.Sentence = s.On(more...)
	return s
}

// Held is the step as one in which a rule held something back.
func (s Step) Held(by Rule) Step {
	s.Rule = by
	return s
}

// Breaks is the step as one in which a rule was broken.
func (s Step) Breaks(rule Rule) Step {
	s.Rule, s.Broken = rule, true
	return s
}

// Kept is the step as one in which an occurrence kept something from happening.
func (s Step) Kept(by Occurrence) Step {
	s.Event = by
	return s
}

// Because is the step with the rule, the event and the span of a reason.
func (s Step) Because(reason Step) Step {
	s.ID = reason.ID
	return s.like(reason)
}

func (s Step) like(reason Step) Step {
	s.Rule, s.Event, s.Broken = reason.Rule, reason.Event, reason.Broken
	return s
}

// ByTime has steps in the order of time; those of one moment stay as they are.
func ByTime(steps []Step) []Step {
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// Rule is a rule of a protocol that can hold something back, and where the protocol's paper has it.
type Rule struct{ Name, Section string }

// Occurrence is what kept something from arriving.
type Occurrence string

// The occurrences there are.
const (
	Lost       Occurrence = "lost"       // the message, or its answer
	Crashed    Occurrence = "crashed"    // who was to answer, or who waited
	Down       Occurrence = "down"       // who was asked, since a crash
	TooLate    Occurrence = "too_late"   // the answer came after its call, or what it was for, was over
	TimedOut   Occurrence = "timed_out"  // the call was given up before what it sent was handled
	RunEnded   Occurrence = "run_ended"  // before it could come
	NotSent    Occurrence = "not_sent"   // nobody sent it
	NotInTrace Occurrence = "not_traced" // the trace does not tell
)

// Occurrences are all of them.
func Occurrences() []Occurrence {
	return []Occurrence{Lost, Crashed, Down, TooLate, TimedOut, RunEnded, NotSent, NotInTrace}
}
