package run

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
)

// titled is a heading of a story.
type titled struct {
	at   time.Duration
	text string
}

func headingsOf(t *testing.T, story string) (all []titled) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^── (\d+)\.(\d{3})ms  (.*)$`).FindAllStringSubmatch(story, -1) {
		us, err := strconv.Atoi(m[1] + m[2])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, titled{time.Duration(us) * time.Microsecond, m[3]})
	}
	return all
}

// TestHeadings holds the headings of every scenario, and of drawn runs, against the spans: what each says of who leads,
// stands, crashes and refuses is so.
func TestHeadings(t *testing.T) {
	t.Parallel()
	var runs [][]string
	for _, s := range library.BuiltIn() {
		runs = append(runs, []string{s.Name})
	}
	for seed := range 12 {
		runs = append(runs, []string{"-faults", "mixed", "-seed", strconv.Itoa(seed + 1)})
	}
	kinds := map[string]int{}
	for _, args := range runs {
		out := t.TempDir()
		c := here(t, append([]string{"-quiet", "-out", out, "-name", "x", "-files", "otlp,story"}, args...)...)
		all, err := read.ReadAll(filepath.Join(out, "x"))
		if err != nil {
			t.Fatal(err)
		}
		headings := headingsOf(t, filesOf(t, filepath.Join(out, "x"))[storyFile])
		if len(headings) < 3 || !strings.HasPrefix(headings[0].text, "start: ") ||
			!slices.IsSortedFunc(headings, func(a, b titled) int { return int(a.at - b.at) }) {
			t.Errorf("the headings are %v: %s", headings, c)
		}
		for i, h := range headings {
			kind, _, _ := strings.Cut(strings.Fields(h.text)[0], ":")
			kinds[kind]++
			until := time.Duration(1 << 62)
			for _, next := range headings[i+1:] {
				if strings.HasPrefix(next.text, "replication") {
					until = next.at
					break
				}
			}
			if wrong := (evidence{all, h, until}).wrong(); wrong != "" {
				t.Errorf("at %s, %q: %s: %s", h.at, h.text, wrong, c)
			}
		}
	}
	for _, kind := range []string{"start", "election", "replication", "requests", "fault", "recovery"} {
		if kinds[kind] == 0 {
			t.Errorf("no run has a heading for %s", kind)
		}
	}
}

// evidence is what the spans say of a heading.
type evidence struct {
	all   []traces.Span
	h     titled
	until time.Duration // when the next leader is told of
}

// wrong says what the spans do not bear out.
func (e evidence) wrong() string {
	text := e.h.text
	if nobody := strings.Contains(text, "nobody leads"); nobody {
		until := e.until
		if s := e.find(func(s *traces.Span) bool {
			return s.Name == spans.RoleChangeName && e.at(s.End).Truncate(time.Microsecond) == e.until
		}); s != nil {
			until = e.at(s.Start)
		}
		if s := e.find(func(s *traces.Span) bool {
			// A server starts as what it was before it crashed, and a change of roles begins with the step that comes to it.
			return role(s) == "leader" && s.Name != spans.StartName && s.Name != spans.RoleChangeName &&
				e.at(s.Start) >= e.h.at+time.Microsecond && e.at(s.Start) < until
		}); s != nil {
			return fmt.Sprintf("%s leads when %s %s begins", s.Service, s.Name, s.ID)
		}
	}
	for _, m := range regexp.MustCompile(`(node-\d+) leads term (\d+)`).FindAllStringSubmatch(text, -1) {
		if !e.leads(m[1], m[2]) {
			return fmt.Sprintf("%s does not lead term %s", m[1], m[2])
		}
	}
	if m := regexp.MustCompile(`^election in term (\d+): (.*) stands?`).FindStringSubmatch(text); m != nil {
		for _, name := range regexp.MustCompile(`node-\d+`).FindAllString(m[2], -1) {
			if e.find(func(s *traces.Span) bool {
				return s.Name == spans.ElectionName && s.Service == name && attribute(s, "raft.term") == m[1]
			}) == nil {
				return name + " does not stand"
			}
		}
	}
	if m := regexp.MustCompile(`nobody won term (\d+)`).FindStringSubmatch(text); m != nil {
		if e.find(func(s *traces.Span) bool {
			return s.Name == spans.ElectionName && attribute(s, "raft.term") == m[1] && attribute(s, "raft.outcome") == "won"
		}) != nil {
			return "somebody won"
		}
	}
	if m := regexp.MustCompile(`nobody leads since (node-\d+) (crashed|stepped down) at (\S+ms)`).FindStringSubmatch(text); m != nil {
		moment, err := time.ParseDuration(m[3])
		if err != nil || e.find(func(s *traces.Span) bool {
			return s.Service == m[1] && role(s) == "leader" &&
				e.at(s.Start) < moment
		}) == nil {
			return m[1] + " did not lead before"
		}
	}
	if m := regexp.MustCompile(`(node-\d+) crashes`).FindStringSubmatch(text); m != nil {
		if e.find(func(s *traces.Span) bool {
			return traces.IsFault(s.Name) && attribute(s, "raftkv.fault.target") == m[1] &&
				e.at(s.Start).Truncate(time.Microsecond) == e.h.at
		}) == nil {
			return m[1] + " does not crash then"
		}
	}
	return ""
}

// leads says whether the last span of a process before the heading, or the first one after it, is that of the leader of
// a term: one that leads sends heartbeats.
func (e evidence) leads(name, term string) bool {
	return e.find(func(s *traces.Span) bool {
		return s.Service == name && role(s) == "leader" && attribute(s, "raft.term") == term &&
			e.at(s.End).Truncate(time.Microsecond) <= e.h.at
	}) != nil && e.find(func(s *traces.Span) bool {
		changed := s.Name == spans.RoleChangeName && s.Service == name && attribute(s, "raft.role.from") == "leader"
		crashed := traces.IsFault(s.Name) && attribute(s, "raftkv.fault.target") == name &&
			slices.Contains([]string{worldspans.FaultCrash, worldspans.FaultLoseUnsynced}, attribute(s, "raftkv.fault"))
		return (changed || crashed) && e.at(s.End) < e.h.at && e.at(s.End) > e.became(name, term)
	}) == nil
}

func (e evidence) became(name, term string) time.Duration {
	s := e.find(func(s *traces.Span) bool {
		return s.Name == spans.RoleChangeName && s.Service == name && role(s) == "leader" && attribute(s, "raft.term") == term
	})
	if s == nil {
		return 1 << 62
	}
	return e.at(s.End)
}

func (e evidence) find(is func(*traces.Span) bool) *traces.Span {
	for i := range e.all {
		if is(&e.all[i]) {
			return &e.all[i]
		}
	}
	return nil
}

// at is a moment of virtual time.
func (e evidence) at(at time.Time) time.Duration { return at.Sub(e.all[0].Start) }

func role(s *traces.Span) string { return attribute(s, "raft.role") }

func attribute(s *traces.Span, key string) string {
	for _, a := range s.Attributes {
		if string(a.Key) == key {
			return a.Value.String()
		}
	}
	return ""
}
