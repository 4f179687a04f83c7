package export_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/export"
)

// The rules of ShiViz: its regular expression reads the whole log, a process's own clock counts its events from 1,
// clocks never fall, and each message is an edge.
func TestShiVizRules(t *testing.T) {
	spans := rafttest.Spans(t, rafttest.Twice())
	file := string(converted(t, writeShiViz, spans))
	pattern, rest, _ := strings.Cut(file, "\n")
	delimiter, log, _ := strings.Cut(rest, "\n")
	if pattern != export.ShiVizPattern || delimiter != "" {
		t.Fatalf("the first lines are %q and %q", pattern, delimiter)
	}
	parser := regexp.MustCompile(strings.ReplaceAll(pattern, "{.*}", `\{.*\}`))
	field := func(match []string, name string) string { return match[parser.SubexpIndex(name)] }
	matches := parser.FindAllStringSubmatch(log, -1)
	if left := strings.Trim(parser.ReplaceAllString(log, ""), "\n"); left != "" || len(matches) < len(spans) {
		t.Fatalf("%d events of %d spans; what the regular expression does not read:\n%.500s", len(matches), len(spans), left)
	}
	counts, clocks, sent := map[string]int{}, map[string]map[string]int{}, map[string]map[string]int{}
	for _, m := range matches {
		host, clock := field(m, "host"), map[string]int{}
		if err := json.Unmarshal([]byte(field(m, "clock")), &clock); err != nil {
			t.Fatal(err)
		}
		if counts[host]++; clock[host] != counts[host] {
			t.Errorf("event %d of %s has clock %v", counts[host], host, clock)
		}
		for other, n := range clocks[host] {
			if clock[other] < n {
				t.Errorf("the clock of %s falls from %v to %v", host, clocks[host], clock)
			}
		}
		clocks[host] = clock
		if event := field(m, "event"); strings.HasPrefix(event, "send ") || strings.HasPrefix(event, "reply ") {
			sent[field(m, "span")] = clock // of a receiver's span, that of its reply
		}
	}
	for host, clock := range clocks {
		for other, n := range clock {
			if n > counts[other] {
				t.Errorf("%s knows of event %d of %s, which has %d", host, n, other, counts[other])
			}
		}
	}
	byID := map[string]*span.Span{}
	for i := range spans {
		byID[spans[i].ID.String()] = &spans[i]
	}
	replies, _ := repliesOf(spans)
	edges, answered := 0, 0
	for _, m := range matches {
		if !strings.HasPrefix(field(m, "event"), "receive ") {
			continue
		}
		receiver := byID[field(m, "span")]
		sender := byID[receiver.Parent.String()]
		if receiver.Kind == trace.SpanKindClient {
			answered++
			if sender = replies[receiver.ID]; sender == nil {
				t.Errorf("call %s got no reply, and receives one", receiver.ID)
				continue
			}
		}
		clock := map[string]int{}
		_ = json.Unmarshal([]byte(field(m, "clock")), &clock) // it was read above
		if from := sent[sender.ID.String()]; from == nil || clock[sender.Service] < from[sender.Service] {
			t.Errorf("what %s took in at %v does not know of its sender at %v", field(m, "host"), clock, from)
		}
		edges++
	}
	if edges == answered || answered != len(replies) {
		t.Errorf("%d messages are received, and of %d replies %d", edges, len(replies), answered)
	}
}
