package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
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

// interval is the time between two moments.
type interval struct{ from, to Moment }

// String is how long it is, as a sentence has it.
func (i interval) String() string { return words.Milliseconds(i.to.At - i.from.At) }

// Sentence is what is said, and the moments of spans that bear it out. Every time in it is one of these, or the time
// between two of them.
type Sentence struct {
	Text    string
	RestsOn []Moment
}

// String is the sentence alone.
func (s Sentence) String() string { return s.Text }

// say is fmt.Sprintf for sentences: moments, intervals and parts of sentences leave behind what they rest on.
func say(format string, arguments ...any) Sentence {
	s := Sentence{Text: fmt.Sprintf(format, arguments...)}
	for _, a := range arguments {
		switch a := a.(type) {
		case Moment:
			s.RestsOn = append(s.RestsOn, a)
		case interval:
			s.RestsOn = append(s.RestsOn, a.from, a.to)
		case Sentence:
			s.RestsOn = append(s.RestsOn, a.RestsOn...)
		}
	}
	return s
}

// on is the sentence, resting on more moments.
func (s Sentence) on(more ...Moment) Sentence {
	s.RestsOn = slices.Concat(s.RestsOn, more)
	return s
}

// capital is the sentence with its first letter as a sentence begins.
func (s Sentence) capital() Sentence {
	s.Text = capital(s.Text)
	return s
}

// joined is sentences one after the other.
func joined(list ...Sentence) Sentence {
	var all Sentence
	for _, s := range list {
		all.Text += s.Text
		all.RestsOn = append(all.RestsOn, s.RestsOn...)
	}
	return all
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

func (e *Explainer) since(at time.Time) time.Duration { return at.Sub(e.Epoch) }

// begin is when a span begins, and end when it ends.
func (e *Explainer) begin(s *traces.Span) Moment { return Moment{e.since(s.Start), s.ID, MomentBegin} }

func (e *Explainer) end(s *traces.Span) Moment { return Moment{e.since(s.End), s.ID, MomentEnd} }

// when is the time of an event of a span.
func (e *Explainer) when(s *traces.Span, v *traces.Event) Moment {
	return Moment{e.since(v.At), s.ID, v.Name}
}

// ExplanationStep is one thing that happened, or that did not.
type ExplanationStep struct {
	Sentence

	At     time.Duration  // since the run began; in a part that says where the time went, how long it took
	ID     world.CausalID // of the span that tells it
	Rule   RaftRule       // of the algorithm, that held something back or was broken; empty for none
	Event  Occurrence     // that kept something from arriving; empty for none
	Broken bool           // the rule was broken
}

// step is a sentence about a moment, which it rests on.
func step(at Moment, format string, arguments ...any) ExplanationStep {
	return ExplanationStep{Sentence: say(format, arguments...).on(at), At: at.At, ID: at.Span}
}

// resting is the step, resting on more moments.
func (s ExplanationStep) resting(more ...Moment) ExplanationStep {
	s.Sentence = s.on(more...)
	return s
}

// held is the step as one in which a rule held something back.
func (s ExplanationStep) held(by RaftRule) ExplanationStep {
	s.Rule = by
	return s
}

// breaks is the step as one in which a rule was broken.
func (s ExplanationStep) breaks(rule RaftRule) ExplanationStep {
	s.Rule, s.Broken = rule, true
	return s
}

// RaftRule is a rule of the algorithm that can hold something back.
type RaftRule string

// The rules there are. Each has its place in the paper: see Section.
const (
	RuleTermOver       RaftRule = "term_over"       // what is of a term that is over does not count
	RuleOneVote        RaftRule = "one_vote"        // a server has one vote in a term, and a term at most one leader
	RuleVotes          RaftRule = "votes"           // a leader needs the votes of a majority
	RuleUpToDate       RaftRule = "up_to_date"      // a vote is for a log that is no less up to date
	RuleLogMatch       RaftRule = "log_match"       // a follower takes entries only where its log matches the leader's
	RuleLeaderLog      RaftRule = "leader_log"      // what conflicts with the leader's log is removed
	RuleCopies         RaftRule = "copies"          // an entry is committed when a majority is known to hold it
	RuleOwnTerm        RaftRule = "own_term"        // a leader counts the copies of entries of its own term only
	RuleCommittedStays RaftRule = "committed_stays" // what is committed is never replaced
	RuleMatched        RaftRule = "matched"         // a follower commits as far as its log is known to equal the leader's
	RuleWindow         RaftRule = "window"          // so many AppendEntries may be on the way to a follower at a time
	RuleLeaderOnly     RaftRule = "leader_only"     // only the leader takes a client's command
	RuleThroughLog     RaftRule = "through_log"     // a command is answered when its entry is applied
	RuleOnce           RaftRule = "once"            // an operation takes effect once, and its retry gets the first answer
)

// Section is where the paper has the rule, as sentences cite it.
func (r RaftRule) Section() string {
	switch r {
	case RuleTermOver:
		return "§5.1"
	case RuleOneVote, RuleVotes:
		return "§5.2"
	case RuleUpToDate:
		return "§5.4.1"
	case RuleLogMatch, RuleLeaderLog, RuleCopies, RuleMatched:
		return "§5.3"
	case RuleOwnTerm:
		return "§5.4.2"
	case RuleCommittedStays:
		return "§5.4.3"
	case RuleWindow:
		return "Ongaro's thesis, 10.2.1"
	case RuleLeaderOnly, RuleThroughLog, RuleOnce:
		return "§8"
	}
	return ""
}

// RaftRules are all of them, in the paper's order.
func RaftRules() []RaftRule {
	return []RaftRule{
		RuleTermOver, RuleOneVote, RuleVotes, RuleLogMatch, RuleLeaderLog, RuleCopies, RuleMatched, RuleUpToDate,
		RuleOwnTerm, RuleCommittedStays, RuleLeaderOnly, RuleThroughLog, RuleOnce, RuleWindow,
	}
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

// reason is why something did not happen, as a part of a sentence: a rule, or an occurrence.
type reason struct {
	Sentence

	at    Moment // which tells it
	rule  RaftRule
	event Occurrence

	broken bool // the rule was
}

// kept is what an occurrence kept from happening, and ruled what a rule did.
func kept(by Occurrence, at Moment, said Sentence) reason {
	return reason{Sentence: said, at: at, event: by}
}

func ruled(by RaftRule, at Moment, said Sentence) reason {
	return reason{Sentence: said, at: at, rule: by}
}

// because is the step with what a reason names.
func (s ExplanationStep) because(r reason) ExplanationStep {
	s.Rule, s.Event, s.ID, s.Broken = r.rule, r.event, r.at.Span, r.broken
	return s
}

// capital begins a sentence; names of processes stay as they are.
func capital(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if _, n := traces.ProcessNumber(strings.TrimSuffix(first, "'s")); n > 0 || s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// byTime has steps in the order of time; those of one moment stay as they are.
func byTime(steps []ExplanationStep) []ExplanationStep {
	slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// shown is an attribute as a sentence says it.
func shown(s *traces.Span, key attribute.Key) string { return words.Text(s.Attribute(key)) }

// shownList are the texts of an attribute as a sentence says them.
func shownList(s *traces.Span, key attribute.Key) []string {
	list := s.Attribute(key).AsStringSlice()
	for i := range list {
		list[i] = words.Printable(list[i])
	}
	return list
}

func integer(s *traces.Span, key attribute.Key) int64 { return s.Attribute(key).AsInt64() }

// commandIn is the command that a span applied.
func commandIn(s *traces.Span) words.Command {
	return words.ParseCommand(s.Attribute(spans.RaftCommandKey).AsString())
}

func termOf(s *traces.Span) int64 { return integer(s, spans.RaftTermKey) }

func peerOf(s *traces.Span) string { return shown(s, spans.RaftPeerIDKey) }

func hasReplied(s *traces.Span, m interface{ Name() string }) bool {
	return s.Attribute(spans.RaftReplyKey).AsString() == m.Name()
}

func isLeading(s *traces.Span) bool {
	return shown(s, spans.RaftRoleKey) == protocol.RoleLeader.String()
}

func isA(s *traces.Span, name string, kind trace.SpanKind) bool {
	return s.Name == name && s.Kind == kind
}

// stepTime is when a process did something, and in which step.
type stepTime struct {
	process string
	step    uint32 // 0 where steps have no numbers
	at      time.Time
}

func beginStep(s *traces.Span) stepTime {
	begin, _ := traces.StepsOf(s)
	return stepTime{s.Service, begin, s.Start}
}

func endStep(s *traces.Span) stepTime {
	_, end := traces.StepsOf(s)
	return stepTime{s.Service, end, s.End}
}

func eventStep(s *traces.Span, v *traces.Event) stepTime {
	begin, _ := traces.StepsOf(s)
	return stepTime{s.Service, cmp.Or(traces.StepNumber(v.Attribute(spans.RaftkvStepKey)), begin), v.At}
}

// together says whether a process did two things in one step. Where steps have no numbers their times stand for them,
// to the microsecond, because Jaeger keeps times no better.
func (t stepTime) together(other stepTime) bool {
	if t.step > 0 && other.step > 0 {
		return t.process == other.process && t.step == other.step
	}
	return t.at.Sub(other.at).Abs() <= time.Microsecond
}

// carries says whether an AppendEntries has the entry of an index.
func carries(s *traces.Span, index int64) bool {
	before := integer(s, spans.RaftPrevLogIndexKey)
	return before < index && index <= before+integer(s, spans.RaftEntriesCountKey)
}
