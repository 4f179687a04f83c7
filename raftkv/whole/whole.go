// Package whole is what a whole protocol is: its run, and what it adds to each tool. A protocol needs no more than its
// run and its generated tables: New makes the rest of them. What it says in words of its own replaces what New makes.
//
//	whole.go    Protocol, and what it is made of where it does not say
//	told.go     what a story tells of spans of which the spec says nothing
//	shown.go    what is shown of a process's state
//	texts.go    a span in words, for a story, a comparison and a picture
//	explain.go  why something is so, from parents and links alone
package whole

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is a protocol, as commands and tools know it.
type Protocol struct {
	Name      string      // as people call it; see run.Protocol for what a config does
	Specs     []span.Spec // all spans that a run of it may have
	Landmarks span.Landmarks
	Told      []span.Told // what its spec tells of its spans; only New looks at it
	Shown     span.Shown  // what is shown of the state of its processes
	Run       run.Protocol
	Story     story.Protocol
	Diff      diff.Protocol
	Explain   explain.Protocol
	Export    export.Protocol

	// Conform makes what checks a trace, and Rules are those that it has to conform to, beside the invariants.
	Conform func() kvconform.Checker
	Rules   []conform.Rule
}

// New returns a protocol that has all that a tool needs. Of Story, Diff, Explain, Export and Conform, what has no
// functions is made of the tables: of Specs, Landmarks and Told, which the package spans of a spec has as AllSpecs,
// Landmarks and Story. Shown is made of the landmarks where the spec, whose package spans has it as Shown, has none.
func New(p Protocol) *Protocol {
	t := newTexts(&p)
	if p.Story.Tell == nil {
		p.Story = t.story()
	}
	if p.Diff.Phrase == nil {
		p.Diff = t.diff()
	}
	if p.Explain.Of == nil {
		p.Explain = t.explain()
	}
	if p.Export.Ends == nil {
		p.Export = t.export()
	}
	if p.Shown == nil {
		p.Shown = shown(&p)
	}
	if p.Conform == nil {
		spec := conform.Spec{
			Spans: p.Specs, Landmarks: p.Landmarks, Hash: p.Run.SpecHash, Persists: persists(p.Specs),
			TablesOnly: true,
		}
		p.Conform = func() kvconform.Checker { return kvconform.OfTables(spec) }
		p.Rules = kvconform.RulesOfTables(spec)
	}
	return &p
}

// persist is what the names of the events begin with that tell what was made durable.
const persist = "persist"

func persists(specs []span.Spec) (names []string) {
	for i := range specs {
		for _, e := range specs[i].Events {
			if strings.HasPrefix(e.Name, persist) && !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}

// isOfServer says whether a span is of the protocol's own servers: none of the world, nor of a client.
func isOfServer(s *span.Spec) bool {
	return s.Service != worldspans.ServiceWorld && s.Service != kvspans.ServiceClient
}

// servers are the groups of processes that the spans of servers are of.
func servers(specs []span.Spec) (groups []string) {
	for i := range specs {
		for _, group := range specs[i].Groups() {
			if isOfServer(&specs[i]) && !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}

// diff compares runs by the tables: what numbers the agreed on says which one a span is, and what is there only once a
// span was answered is known late.
func (t *texts) diff() diff.Protocol {
	p := diff.Protocol{
		Specs: t.specs, Landmarks: *t.landmarks, Persist: persist, Phrase: t.phrase,
		OfElection: func(name, _ string) bool { return name == t.landmarks.Stands.Name },
	}
	for _, key := range []attribute.Key{t.landmarks.Position.Key, t.landmarks.Applied.Position} {
		if key != "" && !slices.Contains(p.Keys.Identifies, key) {
			p.Keys.Identifies = append(p.Keys.Identifies, key)
		}
	}
	if t.landmarks.Stands.Outcome != "" {
		p.Keys.AtEnd = append(p.Keys.AtEnd, t.landmarks.Stands.Outcome)
	}
	for i := range t.specs {
		s := &t.specs[i]
		if isOfServer(s) && s.Starts() {
			p.Starts = append(p.Starts, s.Name)
		}
		for _, a := range s.Attributes {
			if isOfServer(s) && a.Level == span.Answered && !slices.Contains(p.Keys.AtEnd, a.Key) {
				p.Keys.AtEnd = append(p.Keys.AtEnd, a.Key)
			}
		}
	}
	return p
}

// export has spans of servers that are no messages be events that say what the story does.
func (t *texts) export() export.Protocol {
	nothing := func(*span.Span) string { return "" }
	return export.Protocol{Landmarks: *t.landmarks, Begins: nothing, Ends: t.done, Carries: nothing}
}

// phrase says what a span is, for a comparison.
func (t *texts) phrase(s *span.Span) string {
	text := t.is(s)
	if text == "" {
		return ""
	}
	return text + content.CopyPhrase(s)
}
