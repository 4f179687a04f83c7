package explain

import (
	"cmp"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Begin is when a span begins.
func (t *Trace) Begin(s *span.Span) Moment { return Moment{t.Since(s.Start), s.ID, MomentBegin} }

// End is when a span ends.
func (t *Trace) End(s *span.Span) Moment { return Moment{t.Since(s.End), s.ID, MomentEnd} }

// When is the time of an event of a span.
func (t *Trace) When(s *span.Span, v *span.Event) Moment { return Moment{t.Since(v.At), s.ID, v.Name} }

// RunEnd is the last moment of the trace.
func (t *Trace) RunEnd() Moment { return t.End(t.Last()) }

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
func (t *Trace) Peer(s *span.Span) string { return words.Printable(t.protocol.Landmarks.PeerOf(s)) }

// Reply is the message by which a call was answered; empty if it was not.
func (t *Trace) Reply(s *span.Span) string { return words.Printable(t.protocol.Landmarks.ReplyOf(s)) }

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
	happens := beginStep(s)
	happens.step, happens.at = cmp.Or(index.StepNumber(v.Attribute(worldspans.RaftkvStepKey)), happens.step), v.At
	return happens.together(beginStep(other))
}
