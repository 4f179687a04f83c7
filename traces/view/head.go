package view

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is what the page knows a protocol by.
type Protocol struct {
	Name      string // as people call it
	Specs     []span.Spec
	Build     string // which spec and which behaviour this program has, as raftkv.build says it of a trace
	Landmarks span.Landmarks
	Shown     span.Shown
	Story     story.Protocol
	Explain   explain.Protocol
}

// head is what the page reads of a run as JSON. page/src/model/head.ts is the same in TypeScript.
type head struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Scenario string `json:"scenario"`
	Seed     string `json:"seed"`
	Build    string `json:"build"`
	// ReaderBuild is the build of what made the page. That of the trace may be another one.
	ReaderBuild string `json:"reader_build"`
	Config      string `json:"config"` // TOML
	Run         string `json:"run"`    // 16 hex digits: the first half of all trace ids
	Epoch       string `json:"epoch"`  // RFC 3339, time 0 of the run
	UnitNs      int64  `json:"unit_ns"`
	Spans       int    `json:"spans"`
	Arrows      int    `json:"arrows"`
	// Commands say how a person calls the commands on this run.
	Commands Commands `json:"commands"`
	// Notes are sentences on what is missing: what the page cannot show.
	Notes     []string      `json:"notes"`
	Processes []processHead `json:"processes"`
	Shapes    []shapeHead   `json:"shapes"`
	Marks     []string      `json:"marks"` // the words for the numbers in the column marks
	Keys      []keyHead     `json:"keys"`
	Layouts   [][]int       `json:"layouts"`
	Texts     []string      `json:"texts"`
	Lines     []string      `json:"lines"` // of the story
	Events    []string      `json:"events"`
	Elsewhere []elsewhere   `json:"elsewhere"` // spans that are named and not in the trace
	Term      numberingHead `json:"term"`
	Position  numberingHead `json:"position"`
	Role      string        `json:"role"`
	Replies   []string      `json:"replies"`
	Peers     []string      `json:"peers"`
	Fields    []fieldHead   `json:"fields"` // what is shown of the state of processes
	Kinds     []changeHead  `json:"kinds"`  // of changes of that
	Changes   int           `json:"changes"`
	History   historyHead   `json:"history"`
	// Violation is the first one, and what led to it; null for none.
	Violation *violationHead `json:"violation"`
	// Explained are the spans of which explain's answer is there, if the run is small enough for that.
	Explained []explained `json:"explained"`
	Unsaid    string      `json:"unsaid"` // why there are none, or not all, as a sentence; empty for nothing
}

// Commands are lines for a shell. ID stands in them for the id of a span.
type Commands struct {
	Run       string `json:"run"`     // makes the run again
	Drop      string `json:"drop"`    // and without a message
	Delay     string `json:"delay"`   // and with it late
	Duplicate string `json:"dup"`     // and with it twice
	Explain   string `json:"explain"` // says why a span is as it is
	Show      string `json:"show"`    // makes this page
}

type processHead struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Kind  string `json:"kind"` // world, client or server
}

type shapeHead struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

type numberingHead struct {
	Key  string `json:"key"`
	Word string `json:"word"`
}

// elsewhere is a span that another one names as its parent (Link is -1) or links to, and that the trace does not have.
type elsewhere struct {
	Span int32  `json:"span"`
	Link int    `json:"link"`
	ID   string `json:"id"`
}

// The marks of spans: what they are, whatever the protocol calls them.
const (
	markNone = iota
	markFault
	markViolation
	markLeads
	markStands
	markChosen
	markApplied
	markStarts
	markOperation
	markRun
)

var markWords = []string{
	"", "fault", "violation", "leads", "election", "chosen", "applied", "start", "operation", "run",
}

// markOf returns the mark of a span.
func markOf(s *span.Span, l *span.Landmarks, isClient bool) int {
	switch {
	case s.Name == worldspans.RunName:
		return markRun
	case traces.IsFault(s.Name):
		return markFault
	case s.Name == worldspans.ViolationName:
		return markViolation
	case l.Leads.Is(s):
		return markLeads
	case l.Stands.Is(s):
		return markStands
	case l.Chosen.Is(s):
		return markChosen
	case l.Applied.Is(s):
		return markApplied
	case isClient && s.Parent == 0 && !strings.HasSuffix(s.Name, ".start"):
		return markOperation
	case strings.HasSuffix(s.Name, ".start"):
		return markStarts
	}
	return markNone
}

func keyNames(keys []attribute.Key) []string {
	names := []string{}
	for _, k := range keys {
		names = append(names, string(k))
	}
	return names
}

// processHeads are the processes of a trace, by their numbers.
func processHeads(x *index.Trace) []processHead {
	var all []processHead
	for _, shape := range x.Shapes() {
		for len(all) <= int(shape.Process) {
			all = append(all, processHead{})
		}
		group, _ := index.ProcessNumber(shape.Service)
		kind := "server"
		switch group {
		case worldspans.ServiceWorld:
			kind = "world"
		case "client":
			kind = "client"
		}
		all[shape.Process] = processHead{valid(shape.Service), valid(group), kind}
	}
	return all
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }
