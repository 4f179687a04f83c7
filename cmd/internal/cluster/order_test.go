package cluster_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/story"
)

// logged is an event of a log for ShiViz.
type logged struct {
	process string
	clock   map[string]int
	at      string
	span    world.CausalID
	ends    bool // it is the end of the span, or all of it
	text    string

	step  *stepSeen
	when  time.Time
	phase int  // 0 what arrived, 1 what was decided, 2 what was sent
	sends bool // the message, or the reply, that is named by the span
	place int  // in the log
}

var logLines = regexp.MustCompile(`(?m)^(\S+) (\{.*\})\n(\S+) (\S+) (.*)$`)

// logOf is the log for ShiViz of a run.
func logOf(t *testing.T, all []traces.Span) (log []*logged) {
	t.Helper()
	var b bytes.Buffer
	x := index.Of(all, protocols.Replies()...)
	tells := protocols.OfTrace(x).Export
	if err := export.WriteShiViz(&b, x, tells); err != nil {
		t.Fatal(err)
	}
	ofTwo := map[world.CausalID]bool{} // spans whose beginning is an event, and whose end may be one
	for i := range all {
		s := &all[i]
		ofTwo[s.ID] = s.Kind != trace.SpanKindInternal || tells.Begins(s) != "" || strings.HasPrefix(s.Name, "kv.")
	}
	begun := map[world.CausalID]bool{}
	for _, m := range logLines.FindAllStringSubmatch(b.String(), -1) {
		id, err := world.ParseCausalID(m[4])
		e := &logged{process: m[1], at: m[3], span: id, ends: begun[id] || !ofTwo[id], text: m[5], place: len(log)}
		if err := errors.Join(err, json.Unmarshal([]byte(m[2]), &e.clock)); err != nil {
			t.Fatal(err)
		}
		begun[id] = true
		log = append(log, e)
	}
	return log
}

// happened are the events of a log in the order in which the world had them happen. Within a step that is the order of
// their times, which must be that in which the process did them. Those of one phase at one time stand as the log has
// them.
func (w *witness) happened(t *testing.T, log []*logged, all []traces.Span) []*logged {
	t.Helper()
	parent, kinds := map[world.CausalID]world.CausalID{}, map[world.CausalID]trace.SpanKind{}
	spanOf := map[world.CausalID]*traces.Span{}
	for i := range all {
		spanOf[all[i].ID] = &all[i]
		parent[all[i].ID], kinds[all[i].ID] = all[i].Parent, all[i].Kind
	}
	begins, ends := map[world.CausalID]*stepSeen{}, map[world.CausalID]*stepSeen{}
	for _, s := range w.steps {
		for _, id := range s.began {
			begins[id] = s
		}
		for _, id := range s.ended {
			ends[id] = s
		}
	}
	var list []*logged
	for _, e := range log {
		if e.step = begins[e.span]; e.ends {
			e.step = ends[e.span]
		}
		if e.step == nil {
			if e.process != worldspans.ServiceWorld {
				t.Errorf("nobody saw %+v", e)
			}
			continue
		}
		if e.when = spanOf[e.span].Start; e.ends {
			e.when = spanOf[e.span].End
		}
		took, sent, isHere := e.step.took, e.step.sent[e.span], begins[e.span] == e.step
		asks := kinds[e.span] == trace.SpanKindClient || kinds[e.span] == trace.SpanKindProducer
		e.sends = sent && asks != e.ends
		e.phase = 1
		switch {
		case sent && (asks || e.ends): // what is lost ends as it is sent
			e.phase = 2
		case took != nil && (took.InReplyTo == e.span && e.ends || took.ID == parent[e.span] && isHere):
			e.phase = 0
		}
		list = append(list, e)
	}
	slices.SortStableFunc(list, func(a, b *logged) int {
		return cmp.Or(cmp.Compare(a.step.number, b.step.number), cmp.Compare(a.did(), b.did()))
	})
	for i := 1; i < len(list); i++ {
		if a, b := list[i-1], list[i]; a.step == b.step && a.when.After(b.when) {
			t.Errorf("%s did %s, at %s, before %s, at %s", a.process, a.text, a.at, b.text, b.at)
		}
	}
	slices.SortStableFunc(list, func(a, b *logged) int {
		return cmp.Or(cmp.Compare(a.step.number, b.step.number), a.when.Compare(b.when), cmp.Compare(a.phase, b.phase),
			cmp.Compare(a.place, b.place))
	})
	return list
}

// did is where an event stands among what its process did in its step.
func (e *logged) did() int { return e.step.order[edge{e.span, e.ends}] }

// checkClocks gives the events of the world vector clocks, by the messages that were delivered, and holds those of the
// log against them. So one event happened before another in the log exactly if it did in the world.
func checkClocks(t *testing.T, how string, happened []*logged) (messages int) {
	t.Helper()
	clocks, sent := map[string]map[string]int{}, map[world.CausalID]map[string]int{}
	for _, e := range happened {
		clock := clocks[e.process]
		if clock == nil {
			clock = map[string]int{}
			clocks[e.process] = clock
		}
		if e.phase == 0 {
			from := sent[e.step.took.ID]
			if from == nil {
				t.Errorf("%s: nobody sent what %s took in: %s", how, e.process, e.text)
			}
			for process, n := range from {
				clock[process] = max(clock[process], n)
			}
			messages++
		}
		clock[e.process]++
		if e.sends {
			sent[e.span] = maps.Clone(clock)
		}
		if !maps.Equal(clock, e.clock) {
			t.Errorf("%s: %s of %s at %s, %s: the clock is %v in the log, and %v in the world", how, e.span, e.process, e.at,
				e.text, e.clock, clock)
			return messages
		}
	}
	return messages
}

// ordersAgree looks at a run and at what is told of it.
func ordersAgree(t *testing.T, how string, c *config.Resolved) {
	t.Helper()
	w, all := witnessed(t, c)
	log := logOf(t, all)
	happened := w.happened(t, log, all)
	if messages := checkClocks(t, how, happened); messages < 10 {
		t.Errorf("%s: %d messages say too little", how, messages)
	}
	storyAgrees(t, how, log, all)
}

// storyAgrees holds the lines of a story against a log: what one process did at one time stands in the same order in
// both.
func storyAgrees(t *testing.T, how string, log []*logged, all []traces.Span) {
	t.Helper()
	type key struct {
		span world.CausalID
		at   string
	}
	places, receives := map[key][]int{}, map[world.CausalID]*logged{}
	for _, e := range log {
		places[key{e.span, e.at}] = append(places[key{e.span, e.at}], e.place)
		if e.phase == 0 && !e.ends {
			receives[e.span] = e
		}
	}
	told := story.New(protocols.OfTrace(index.Of(all, protocols.Replies()...)).Story)
	for i := range all {
		told.Add(&all[i])
	}
	var b bytes.Buffer
	if err := told.Write(&b, story.Plain); err != nil {
		t.Fatal(err)
	}
	latest, held := map[string]int{}, 0
	for line := range strings.Lines(b.String()) {
		words := strings.Fields(line)
		id, err := world.ParseCausalID(words[2])
		if err != nil {
			continue // a heading
		}
		at := places[key{id, words[0]}]
		if len(at) != 1 { // the log has no such event, or two of that microsecond
			continue
		}
		first, last := at[0], at[0]
		if e := receives[id]; e != nil && e.step == log[at[0]].step { // the line tells what came of it in between
			first = e.place
		}
		held++
		here := words[1] + " " + words[0]
		if last < latest[here] {
			t.Errorf("%s: the told tells this after what the log has after it:\n%s", how, line)
		}
		latest[here] = max(first, latest[here])
	}
	if held < 10 {
		t.Errorf("%s: %d lines say too little", how, held)
	}
}

// TestOneOrder holds what ShiViz and the story tell of runs against what happened in the world.
func TestOneOrder(t *testing.T) {
	t.Parallel()
	t.Run("scenarios", func(t *testing.T) {
		t.Parallel()
		for _, s := range library.BuiltIn() {
			ordersAgree(t, s.Name, recorded.Config(t, s.Name, ""))
		}
	})
	for part := range 4 {
		t.Run(fmt.Sprintf("drawn %d", part), func(t *testing.T) {
			t.Parallel()
			for seed := 1 + part; seed <= race.Fewer(20, 8); seed += 4 {
				how := "seed=" + strconv.Itoa(seed)
				ordersAgree(t, how, recorded.Config(t, "", "mixed", how))
			}
		})
	}
	for _, changes := range [][]string{
		{"num_nodes=1"},
		{"process.step_time=1001ns"},
		{"process.step_time=1ns"},
		{"raft.noop_on_election=false"},
		{"max_duration=57ms"},
		{"process.step_time=1ns", "network.latency=0s"},
		{"process.step_time=1ns", "network.latency=0s..1ns"},
	} {
		t.Run(strings.Join(changes, ","), func(t *testing.T) {
			t.Parallel()
			ordersAgree(t, "default", recorded.Config(t, library.Default, "", changes...))
		})
	}
}
