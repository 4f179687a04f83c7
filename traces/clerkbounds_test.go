package traces

import (
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
)

// A clerk remembers no more than so many texts and names, and none so long, whatever a file says: it begins anew, and tells the judge.
func TestClerkForgets(t *testing.T) {
	spec := spans.Specs()[0]
	for name, c := range map[string]struct {
		lines int
		say   func(s *Span, line string)
	}{
		"many texts": {2 * mostNumbers, func(s *Span, line string) {
			s.Attributes = []attribute.KeyValue{spans.KVRequestIDKey.String(line)}
		}},
		"many processes": {2 * mostNumbers, func(s *Span, line string) {
			s.Attributes = []attribute.KeyValue{spans.RaftPeerIDKey.String(line)}
		}},
		"many kinds": {2 * mostNumbers, func(s *Span, line string) { s.Name = line }},
		"long texts": {2 * mostBytes >> 10, func(s *Span, line string) {
			s.Attributes = []attribute.KeyValue{spans.KVRequestIDKey.String(strings.Repeat(line, 1<<10))}
		}},
		"long processes": {2 * mostBytes >> 10, func(s *Span, line string) {
			s.Attributes = []attribute.KeyValue{spans.RaftPeerIDKey.String(strings.Repeat(line, 1<<10))}
		}},
		"long kinds": {2 * mostBytes >> 10, func(s *Span, line string) { s.Name = strings.Repeat(line, 1<<10) }},
	} {
		t.Run(name, func(t *testing.T) {
			clerk, out, began := newClerk(theSpec(), nil), &digest{}, 0
			for i := range c.lines {
				s := &Span{Service: "node-1", Name: spec.Name, Kind: trace.SpanKindInternal, ID: 1, Run: 1}
				c.say(s, strconv.Itoa(i))
				clerk.start(out, i)
				if out.anew {
					began++
				}
				clerk.enterWhole(s)
				const more = 4 // that one span may add
				if n := len(clerk.texts.all) + len(clerk.processes.names) + len(clerk.kinds); n > mostNumbers+more {
					t.Fatalf("line %d: %d texts and names are remembered, of at most %d", i, n, mostNumbers)
				}
				if i%64 != 0 { // to count all of them takes long
					continue
				}
				if size := bytesOf(clerk); size > mostBytes+64*more<<13 {
					t.Fatalf("line %d: %d bytes of texts and names are remembered, of at most %d", i, size, mostBytes)
				}
			}
			if began < 2 {
				t.Errorf("it began anew %d times, the first line among them: this test looks at nothing", began)
			}
		})
	}
}

// bytesOf are those of all texts and names that a clerk remembers.
func bytesOf(c *clerk) (n int) {
	for _, text := range c.texts.all {
		n += len(text)
	}
	for _, name := range c.processes.names {
		n += len(name)
	}
	for i := range c.kinds {
		n += len(c.kinds[i].name) + len(c.kinds[i].service)
	}
	return n
}
