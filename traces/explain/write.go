package explain

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/raftkv/raftkv/traces/words"
)

// Write writes an explanation in lines of so many columns.
func (x *Explanation) Write(w io.Writer, style words.Style, columns int) error {
	b := bufio.NewWriter(w)
	for line := range words.Broken(x.Answer.Text, columns) {
		_, _ = b.WriteString(withProcesses(line, style, "") + "\n") // Flush tells
	}
	for i := range x.Parts {
		part := &x.Parts[i]
		_, _ = b.WriteString("\n")
		for line := range words.Broken(part.Title.Text, columns) {
			_, _ = b.Write(append(words.AppendColoured(nil, style, words.Bold, line), '\n'))
		}
		for k := range part.Steps {
			part.Steps[k].write(b, style, columns)
		}
	}
	return b.Flush()
}

// write writes a step: its time, its text, and the id of its span.
func (s *Step) write(b *bufio.Writer, style words.Style, columns int) {
	const gap = 2
	text, id := s.Text, ""
	if s.ID != 0 {
		id = "[" + s.ID.String() + "]"
		text += " " + id
	}
	at := words.Milliseconds(s.At)
	blank := strings.Repeat(" ", max(0, words.TimeWidth-utf8.RuneCountInString(at)))
	indent := len(blank) + len(at) + gap
	before := string(words.AppendColoured([]byte(blank), style, words.Dim, at)) + strings.Repeat(" ", gap)
	colour := ""
	if s.Broken {
		colour = words.Red
	}
	for line := range words.Broken(text, columns-indent) {
		_, _ = b.WriteString(before)
		said, ended := strings.CutSuffix(line, id)
		_, _ = b.WriteString(withProcesses(said, style, colour))
		if ended {
			_, _ = b.Write(words.AppendColoured(nil, style, words.Dim, id))
		}
		_ = b.WriteByte('\n')
		before = strings.Repeat(" ", indent)
	}
}

var namesOfProcesses = regexp.MustCompile(`\b[a-z]+-[0-9]+\b`)

// withProcesses is a text in a colour, in which each process has its own.
func withProcesses(text string, style words.Style, colour string) string {
	if style == words.Plain {
		return text
	}
	if colour != "" {
		return string(words.AppendColoured(nil, style, colour, text))
	}
	return namesOfProcesses.ReplaceAllStringFunc(text, func(name string) string {
		return string(words.AppendColoured(nil, style, words.ProcessColour(name), name))
	})
}

// The shape of an explanation as JSON, which is what `cmd/explain -json` prints. Times are in nanoseconds since the
// run began.
type (
	jsonExplanation struct {
		Question string       `json:"question"` // as it can be asked again
		Answer   Sentence     `json:"answer"`
		Parts    []jsonPart   `json:"parts"`
		WhyNot   []jsonReason `json:"why_not"` // of all parts: what held something back, or was broken
		Next     string       `json:"next"`    // what to ask next; empty if there is nothing else
	}
	jsonMoment struct {
		Span string        `json:"span"`
		What string        `json:"what"` // begin, end, or the name of an event of the span
		At   time.Duration `json:"at_ns"`
	}
	jsonPart struct {
		Title  Sentence   `json:"title"`
		WhyNot bool       `json:"why_not"`
		Steps  []jsonStep `json:"steps"`
	}
	jsonStep struct {
		At   *time.Duration `json:"at_ns,omitempty"`
		Took *time.Duration `json:"took_ns,omitempty"` // in place of at_ns, in a part that says where the time went
		Span string         `json:"span"`
		Sentence
		Reason
	}
	jsonReason struct {
		Reason
		Span string        `json:"span"`
		At   time.Duration `json:"at_ns"`
		Text string        `json:"text"`
	}
)

// MarshalJSON is the explanation for programs.
func (x *Explanation) MarshalJSON() ([]byte, error) {
	j := jsonExplanation{x.Question, x.Answer, []jsonPart{}, []jsonReason{}, x.Next}
	for i := range x.Parts {
		part := &x.Parts[i]
		p := jsonPart{part.Title, part.WhyNot, []jsonStep{}}
		for k := range part.Steps {
			s := &part.Steps[k]
			at := jsonStep{At: &s.At, Span: s.ID.String(), Sentence: s.Sentence, Reason: s.Reason}
			if part.Took {
				at.At, at.Took = nil, &s.At
			}
			p.Steps = append(p.Steps, at)
			if (part.WhyNot || s.Broken) && s.Reason != (Reason{}) {
				j.WhyNot = append(j.WhyNot, jsonReason{s.Reason, s.ID.String(), s.moment(), s.Text})
			}
		}
		j.Parts = append(j.Parts, p)
	}
	return json.Marshal(j)
}

// MarshalJSON is the moment for programs.
func (m Moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonMoment{m.Span.String(), m.What, m.At})
}

// moment is when the span of a step has it, in whatever part the step is.
func (s *Step) moment() time.Duration {
	for _, m := range s.RestsOn {
		if m.Span == s.ID {
			return m.At
		}
	}
	return s.At
}
