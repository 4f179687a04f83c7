package span

import "go.opentelemetry.io/otel/attribute"

// Told is what a story tells of one span, given by its id: a line as it begins, and one as it ends.
type Told struct {
	ID           string
	Begins, Ends []Saying // of which the first is told whose conditions hold

	Fails      Text // told instead of Ends if the span failed; nil where that makes no difference
	Unfinished Text // likewise, if the run ended before it did
	Message    Text // what it sends, of which the story tells what became; nil where nothing is told of it
	Unanswered Text // told instead of Ends of a call that failed

	// Round is not nil for the root of a round of messages that are told only if something came of them. Where these
	// conditions hold they are told in any case.
	Round []Condition
}

// Saying is a line, and when it is told.
type Saying struct {
	When []Condition // all of which hold
	Not  []Condition // none of which holds; the attributes are there
	Mark Mark
	Fold bool          // told once for many: it is trouble with a peer
	By   attribute.Key // what else tells lines apart that are folded; empty for nothing
	Text Text          // nil for no line
}

// Mark is what is special about a line.
type Mark uint8

// The marks there are.
const (
	Ordinary Mark = iota
	Trouble       // something did not go as it should
	Routine       // what happens again and again, told only if something came of it
)

// Said is the first of some lines whose conditions hold; nil if there is none.
func (s *Span) Said(lines []Saying) *Saying {
	for i := range lines {
		if lines[i].holds(s) {
			return &lines[i]
		}
	}
	return nil
}

func (l *Saying) holds(s *Span) bool {
	for i := range l.Not {
		if v := s.Attribute(l.Not[i].Key); v.Type() == attribute.EMPTY || l.Not[i].Holds(s) {
			return false
		}
	}
	return All(l.When, s)
}

// All says whether all of some conditions hold.
func All(conditions []Condition, s *Span) bool {
	for i := range conditions {
		if !conditions[i].Holds(s) {
			return false
		}
	}
	return true
}
