package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

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

// Interval is the time between two moments.
type Interval struct{ From, To Moment }

// Between is the time between two moments.
func Between(from, to Moment) Interval { return Interval{from, to} }

// String is how long it is, as a sentence has it.
func (i Interval) String() string { return words.Milliseconds(i.To.At - i.From.At) }

// Begin is when a span begins.
func (t *Trace) Begin(s *span.Span) Moment { return Moment{t.Since(s.Start), s.ID, MomentBegin} }

// End is when a span ends.
func (t *Trace) End(s *span.Span) Moment { return Moment{t.Since(s.End), s.ID, MomentEnd} }

// When is the time of an event of a span.
func (t *Trace) When(s *span.Span, v *span.Event) Moment { return Moment{t.Since(v.At), s.ID, v.Name} }

// RunEnd is the last moment of the trace.
func (t *Trace) RunEnd() Moment { return t.End(t.Last()) }

// Sentence is what is said, and the moments of spans that bear it out. Every time in it is one of these, or the time
// between two of them.
type Sentence struct {
	Text    string
	RestsOn []Moment
}

// String is the sentence alone.
func (s Sentence) String() string { return s.Text }

// Say is fmt.Sprintf for sentences: moments, intervals and parts of sentences leave behind what they rest on.
func Say(format string, arguments ...any) Sentence {
	s := Sentence{Text: fmt.Sprintf(format, arguments...)}
	for _, a := range arguments {
		switch a := a.(type) {
		case Moment:
			s.RestsOn = append(s.RestsOn, a)
		case Interval:
			s.RestsOn = append(s.RestsOn, a.From, a.To)
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

// tidy is the sentence with each moment once, in the order of time.
func (s Sentence) tidy() Sentence {
	s.RestsOn = slices.Clone(s.RestsOn)
	slices.SortStableFunc(s.RestsOn, func(a, b Moment) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Span, b.Span), cmp.Compare(a.What, b.What))
	})
	s.RestsOn = slices.Compact(s.RestsOn)
	return s
}

// Shown is an attribute as a sentence says it.
func Shown(s *span.Span, key attribute.Key) string { return words.Text(s.Attribute(key)) }

// List are the texts of an attribute as a sentence says them.
func List(s *span.Span, key attribute.Key) []string {
	list := s.Attribute(key).AsStringSlice()
	for i := range list {
		list[i] = words.Printable(list[i])
	}
	return list
}

// Integer is the number that an attribute is.
func Integer(s *span.Span, key attribute.Key) int64 { return s.Attribute(key).AsInt64() }

// Peer is the process at the other end of a message.
func Peer(s *span.Span) string { return Shown(s, kvspans.RaftPeerIDKey) }

// IsCrashed says whether a span ended because its process crashed.
func IsCrashed(s *span.Span) bool {
	return Shown(s, worldspans.ErrorTypeKey) == worldspans.ErrorTypeCrash
}

// IsUnfinished says whether the run ended before a span.
func IsUnfinished(s *span.Span) bool { return s.Attribute(worldspans.RaftUnfinishedKey).AsBool() }

// stepTime is when a process did something, and in which step.
type stepTime struct {
	process string
	step    uint32 // 0 where steps have no numbers
	at      time.Time
}

func beginStep(s *span.Span) stepTime {
	begin, _ := index.StepsOf(s)
	return stepTime{s.Service, begin, s.Start}
}

func endStep(s *span.Span) stepTime {
	_, end := index.StepsOf(s)
	return stepTime{s.Service, end, s.End}
}

// together says whether a process did two things in one step. Where steps have no numbers their times stand for them,
// to the microsecond, because Jaeger keeps times no better.
func (t stepTime) together(other stepTime) bool {
	if t.step > 0 && other.step > 0 {
		return t.process == other.process && t.step == other.step
	}
	return t.at.Sub(other.at).Abs() <= time.Microsecond
}

// EndTogether says whether two spans end in one step.
func EndTogether(a, b *span.Span) bool { return endStep(a).together(endStep(b)) }

// BeginsAsEnds says whether a span begins in the step in which another ends.
func BeginsAsEnds(s, other *span.Span) bool { return beginStep(s).together(endStep(other)) }

// HappensAsBegins says whether an event of a span happens in the step in which another span begins.
func HappensAsBegins(s *span.Span, v *span.Event, other *span.Span) bool {
	begin, _ := index.StepsOf(s)
	happens := stepTime{s.Service, cmp.Or(index.StepNumber(v.Attribute(worldspans.RaftkvStepKey)), begin), v.At}
	return happens.together(beginStep(other))
}
