package model

import (
	"slices"
	"time"
)

// Settings are the keys of a section of a config.
type Settings struct {
	Section, Doc string
	Keys         []*Setting
}

// Setting is one key of a section.
type Setting struct {
	Name, Go, Doc string
	Type          string // one of the types of settings
	Default       string // as it is written in a config
	Unit          string // of a whole number
	Least, Most   int64  // of a whole number
	Positive      string // why a duration must not be zero
	Optional      bool

	Flag     bool          // the default of a bool
	Whole    int64         // that of a whole number
	Min, Max time.Duration // that of a duration, which has one length, or of a range
}

// The types that a setting can have.
const (
	SettingBool     = "bool"
	SettingInt      = "int"
	SettingUint64   = "uint64"
	SettingDuration = "duration"
	SettingRange    = "range"
)

// IsWhole says whether the values are whole numbers.
func (s *Setting) IsWhole() bool { return s.Type == SettingInt || s.Type == SettingUint64 }

// IsTime says whether the values are durations or ranges of them.
func (s *Setting) IsTime() bool { return s.Type == SettingDuration || s.Type == SettingRange }

// Landmarks are the attributes and spans that tools know a protocol by. What it has not is nil.
type Landmarks struct {
	Role           *Attribute
	Term, Position *Numbering
	Leads          *Landmark
	Stands         *Landmark
	Chosen         *Landmark
	Applied        *Landmark
	Notifies       *Landmark
	Ceases         *Landmark
}

// Numbering is an attribute that numbers something, and what people call one of that.
type Numbering struct {
	Attribute *Attribute
	Word      string
}

// Landmark is the span that tells of something, with those of its attributes that say what.
type Landmark struct {
	Span     *Span
	When     []Condition // of one that leads, or no longer
	Outcome  *Attribute  // of one that tries to lead
	Won      string      // a value of Outcome
	Words    []Word      // what each value of Outcome is in words
	With     []TextPiece // what one that leads then had; nil where that is not told
	Position *Attribute  // of what is chosen or applied
	Term     *Attribute  // of what is applied; nil where a span does not say it
	Command  *Attribute  // of what is applied
	Message  string      // of a notification
	Tells    []TextPiece // of a notification
}

// Condition is a value that an attribute has.
type Condition struct {
	Attribute *Attribute
	Value     string
}

// Word is a value in words.
type Word struct{ Value, Text string }

// Peers are the attributes that name the process at the other end: the spec's own first.
func (p *Protocol) Peers() []*Attribute {
	return p.telemetries(func(t *Telemetry) *Attribute { return t.Peer })
}

// Replies are the attributes that say by which message a request was answered: the spec's own first.
func (p *Protocol) Replies() []*Attribute {
	return p.telemetries(func(t *Telemetry) *Attribute { return t.Reply })
}

func (p *Protocol) telemetries(of func(*Telemetry) *Attribute) (all []*Attribute) {
	for _, q := range slices.Backward(p.All()) {
		if q.Telemetry == nil {
			continue
		}
		if a := of(q.Telemetry); a != nil && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// TextPiece is a part of a text about a span: literal, or the value of an attribute.
type TextPiece struct {
	Literal   string
	Attribute *Attribute
	Form      string // how the value is written: one of the forms; empty as it is
	One       string // the word for one of what is counted
}

// Told is what a story tells of one span.
type Told struct {
	Span              *Span
	Begins, Ends      []*Saying // of which the first is told whose conditions hold
	Fails, Unfinished []TextPiece
	Message           []TextPiece // the message that it sends, in words
	Unanswered        []TextPiece
	Round             []Condition // nil for a span that is no round
}

// Saying is a line, and when it is told.
type Saying struct {
	When, Not []Condition
	Mark      string
	Fold      bool
	By        *Attribute // what tells lines apart that are folded; nil for nothing
	Text      []TextPiece
}

// The marks that a line can have.
const (
	MarkOrdinary = "ordinary"
	MarkTrouble  = "trouble"
	MarkRoutine  = "routine"
)

// The forms that a value can be written in.
const (
	FormSpaced = "spaced" // log_behind as log behind
	FormCount  = "count"  // 3 servers, or 3: a number, or that of the items of a list
)
