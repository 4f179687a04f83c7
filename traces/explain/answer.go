package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
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
func Because(title string, steps ...Step) Part {
	return Part{Title: Sentence{Text: title}, Steps: steps}
}

// WhyNot is a part about what kept something from happening.
func WhyNot(title string, steps ...Step) Part {
	return Part{Title: Sentence{Text: title}, Steps: steps, WhyNot: true}
}

// Why is a part that says why something did not happen, for one reason.
func Why(title string, reason Step) Part {
	reason.Sentence = reason.Capital().Then(".")
	return WhyNot(title, reason)
}

// Step is one thing that happened, or that did not. A step that is a reason for another has no end: the sentence of
// that goes on with it.
type Step struct {
	Sentence
	Reason

	At time.Duration  // since the run began; in a part that says where the time went, how long it took
	ID world.CausalID // of the span that tells it
}

// Reason is what kept something from happening: a rule of the protocol, or an event.
type Reason struct {
	Rule              // that held something back or was broken; empty for none
	Event  Occurrence `json:"event,omitempty"`  // that kept something from arriving; empty for none
	Broken bool       `json:"broken,omitempty"` // the rule was broken
}

// Rule is a rule of a protocol that can hold something back.
type Rule struct {
	Name    string `json:"rule,omitempty"`
	Section string `json:"section,omitempty"` // where the protocol's paper has it
	Says    string `json:"-"`                 // what it demands, as "the rule that" goes on
}

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

// At is a step that was at a moment, which it rests on.
func At(moment Moment, format string, arguments ...any) Step {
	return Step{Sentence: Say(format, arguments...).On(moment), At: moment.At, ID: moment.Span}
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

// Breaks is the step as one in which a rule was broken, and says so.
func (s Step) Breaks(rule Rule) Step {
	s.Rule, s.Broken = rule, true
	said, ended := strings.CutSuffix(s.Text, ".")
	s.Text = fmt.Sprintf("%s. That breaks the rule that %s (%s)", said, rule.Says, rule.Section)
	if ended {
		s.Text += "."
	}
	return s
}

// Kept is the step as one in which an occurrence kept something from happening.
func (s Step) Kept(by Occurrence) Step {
	s.Event = by
	return s
}

// Because is the step with the rule or the event of another, and with its span.
func (s Step) Because(reason Step) Step {
	s.Reason, s.ID = reason.Reason, reason.ID
	return s
}

// ByTime has steps in the order of time; those of one moment stay as they are.
func ByTime(steps []Step) []Step {
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// Sentence is what is said, and the moments of spans that bear it out. Every time in it is one of these, or the time
// between two of them.
type Sentence struct {
	Text    string   `json:"text"`
	RestsOn []Moment `json:"rests_on"`
}

// String is the sentence alone.
func (s Sentence) String() string { return s.Text }

// Say is fmt.Sprintf for sentences: moments and parts of sentences leave behind what they rest on.
func Say(format string, arguments ...any) Sentence {
	s := Sentence{Text: fmt.Sprintf(format, arguments...)}
	for _, a := range arguments {
		switch a := a.(type) {
		case Moment:
			s.RestsOn = append(s.RestsOn, a)
		case Sentence:
			s.RestsOn = append(s.RestsOn, a.RestsOn...)
		case Step:
			s.RestsOn = append(s.RestsOn, a.RestsOn...)
		}
	}
	return s
}

// On is the sentence, resting on more moments.
func (s Sentence) On(more ...Moment) Sentence {
	s.RestsOn = slices.Concat(s.RestsOn, more)
	return s
}

// Then is the sentence, and what is said behind it.
func (s Sentence) Then(format string, arguments ...any) Sentence {
	more := Say(format, arguments...)
	return Sentence{s.Text + more.Text, slices.Concat(s.RestsOn, more.RestsOn)}
}

// Capital is the sentence with its first letter as a sentence begins; names of processes stay as they are.
func (s Sentence) Capital() Sentence {
	first, _, _ := strings.Cut(s.Text, " ")
	if _, n := index.ProcessNumber(strings.TrimSuffix(first, "'s")); n == 0 && s.Text != "" {
		s.Text = strings.ToUpper(s.Text[:1]) + s.Text[1:]
	}
	return s
}

// tidy has the sentence rest on each moment once, in the order of time.
func (s *Sentence) tidy() {
	s.RestsOn = append([]Moment{}, s.RestsOn...)
	slices.SortStableFunc(s.RestsOn, func(a, b Moment) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Span, b.Span), cmp.Compare(a.What, b.What))
	})
	s.RestsOn = slices.Compact(s.RestsOn)
}

// Moment is a time that a span has.
type Moment struct {
	At   time.Duration // since the run began
	Span world.CausalID
	What string // MomentBegin, MomentEnd, or the name of an event
}

// What a moment is, where it is not an event.
const (
	MomentBegin = "begin"
	MomentEnd   = "end"
)

// String is the time as a sentence has it.
func (m Moment) String() string { return words.Milliseconds(m.At) }

// Between is the time between two moments, as a sentence has it.
func Between(from, to Moment) Sentence {
	return Sentence{words.Milliseconds(to.At - from.At), []Moment{from, to}}
}
