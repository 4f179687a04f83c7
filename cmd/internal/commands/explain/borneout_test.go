package explain

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// holds holds an answer against the spans.
func (a *asker) holds(x *explain.Explanation) {
	a.sentence(x.Answer)
	for i := range x.Parts {
		part := &x.Parts[i]
		a.bears(part.Title)
		named := false
		for k := range part.Steps {
			s := &part.Steps[k]
			a.sentence(s.Sentence)
			a.tells(s)
			if s.Broken != strings.Contains(s.Text, "breaks the rule") && !part.Took {
				a.t.Errorf("a step is, or is not, about a broken rule: %s", s.Text)
			}
			if s.Broken {
				a.broken = append(a.broken, s.Text)
			}
			named = named || s.Reason != (explain.Reason{})
		}
		if part.WhyNot && !named {
			a.t.Errorf("%q names no rule and no event", part.Title.Text)
		}
	}
}

// sentence holds that something bears a sentence out.
func (a *asker) sentence(s explain.Sentence) {
	if len(s.RestsOn) == 0 {
		a.t.Errorf("nothing bears it out: %s", s.Text)
	}
	a.bears(s)
}

var (
	processName = regexp.MustCompile(`\b(?:node|client)-[0-9]+\b`)
	timeTold    = regexp.MustCompile(`-?\b[0-9]+\.[0-9]{3}ms\b`)
	placeTold   = regexp.MustCompile(`\b(term|index) ([0-9]+)\b`)
	quotation   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	spanTold    = regexp.MustCompile(`\b[0-9a-f]{16}\b`)
)

// bears holds that the moments that a sentence rests on are those of spans, and that what it names is there.
func (a *asker) bears(s explain.Sentence) {
	times, text := map[string]bool{}, quotation.ReplaceAllString(s.Text, "")
	for _, m := range s.RestsOn {
		if !a.has(m) {
			a.t.Errorf("the trace has no moment %+v: %s", m, s.Text)
		}
		times[m.String()] = true
		for _, other := range s.RestsOn {
			times[explain.Moment{At: other.At - m.At}.String()] = true
		}
	}
	for _, told := range timeTold.FindAllString(text, -1) {
		if !times[told] {
			a.t.Errorf("no span that it rests on has the time %s: %s", told, s.Text)
		}
	}
	for _, name := range processName.FindAllString(text, -1) {
		if !a.names[name] {
			a.t.Errorf("the trace has no %s: %s", name, s.Text)
		}
	}
	for _, told := range placeTold.FindAllStringSubmatch(text, -1) {
		if n, _ := strconv.ParseInt(told[2], 10, 64); n > 0 && !a.tellsOf(s, told[1], n) {
			a.t.Errorf("no span that it rests on tells of %s: %s", told[0], s.Text)
		}
	}
	for _, id := range spanTold.FindAllString(text, -1) {
		if n, _ := strconv.ParseUint(id, 16, 64); a.spans[world.CausalID(n)] == nil &&
			!strings.Contains(text, "raftkv.build = ") {
			a.t.Errorf("the trace has no span %s: %s", id, s.Text)
		}
	}
}

// has says whether the trace has a moment.
func (a *asker) has(m explain.Moment) bool {
	s := a.spans[m.Span]
	if s == nil {
		return false
	}
	at := a.epoch.Add(m.At)
	switch m.What {
	case explain.MomentBegin:
		return s.Start.Equal(at)
	case explain.MomentEnd:
		return s.End.Equal(at)
	}
	return slices.ContainsFunc(s.Events, func(v traces.Event) bool { return v.Name == m.What && v.At.Equal(at) })
}

// tellsOf says whether a span that a sentence rests on, or its cause, has a term or an index among its attributes.
func (a *asker) tellsOf(s explain.Sentence, what string, n int64) bool {
	keys := map[string][]string{
		"term": {"raft.term", "raft.entry.term", "raft.prev_log.term", "raft.last_log.term", "raft.conflict.term"},
		"index": {
			"raft.index", "raft.commit.from", "raft.commit.to", "raft.leader_commit", "raft.match_index",
			"raft.prev_log.index", "raft.last_log.index", "raft.conflict.index",
		},
	}[what]
	tells := func(attributes []attribute.KeyValue) bool {
		value := func(key string) attribute.Value {
			for _, kv := range attributes {
				if string(kv.Key) == key {
					return kv.Value
				}
			}
			return attribute.Value{}
		}
		for _, key := range keys {
			if v := value(key); v.Type() == attribute.INT64 && v.AsInt64() == n {
				return true
			}
		}
		for _, entry := range value("raft.entries").AsStringSlice() {
			place, _, _ := strings.Cut(entry, " ")
			index, term, _ := strings.Cut(place, "@")
			if number := map[string]string{"index": index, "term": term}[what]; number == strconv.FormatInt(n, 10) {
				return true
			}
		}
		return what == "index" && value("raft.commit.from").AsInt64() < n && n <= value("raft.commit.to").AsInt64()
	}
	said := regexp.MustCompile(fmt.Sprintf(`\b%s %d\b`, what, n)) // in the facts of a violation
	for _, m := range s.RestsOn {
		span := a.spans[m.Span]
		if span == nil {
			continue
		}
		if tells(span.Attributes) || slices.ContainsFunc(span.Attributes,
			func(kv attribute.KeyValue) bool { return said.MatchString(kv.Value.String()) }) {
			return true
		}
		for i := range span.Events {
			if tells(span.Events[i].Attributes) {
				return true
			}
		}
	}
	return false
}

// tells holds that a step's span is one that it rests on, and shows the event that the step names, and that the text
// has the section of its rule.
func (a *asker) tells(s *explain.Step) {
	span := a.spans[s.ID]
	if span == nil || !slices.ContainsFunc(s.RestsOn, func(m explain.Moment) bool { return m.Span == s.ID }) {
		a.t.Errorf("it does not rest on the span that it names, %s: %s", s.ID, s.Text)
		return
	}
	if s.Rule != (explain.Rule{}) && !strings.Contains(s.Text, s.Section) {
		a.t.Errorf("%s is not cited: %s", s.Section, s.Text)
	}
	failed, fault := span.Attribute("error.type").AsString(), span.Attribute("raftkv.fault").AsString()
	crash := fault == "crash" || fault == "lose_unsynced"
	shown := map[explain.Occurrence]bool{
		"":                 true,
		explain.Lost:       slices.ContainsFunc(span.Events, func(v traces.Event) bool { return v.Name == "drop" }),
		explain.Crashed:    failed == "crash" || crash || strings.Contains(s.Text, "crashed"),
		explain.Down:       crash,
		explain.TooLate:    len(s.RestsOn) > 1,
		explain.TimedOut:   failed == "timeout",
		explain.RunEnded:   span.Attribute("raft.unfinished").AsBool() || strings.Contains(s.Text, "the run ended"),
		explain.NotSent:    true,
		explain.NotInTrace: !a.whole && strings.Contains(s.Text, "trace"),
	}
	if !shown[s.Event] {
		a.t.Errorf("its span does not show that it was %s: %s", s.Event, s.Text)
	}
}
