package traces

import (
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// A clerk remembers no more than so many texts and names, and none so long, whatever a file says: it begins anew, and tells the judge.
func TestClerkForgets(t *testing.T) {
	spec := spans.AllSpecs()[0]
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
			clerk, out, began := newClerk(TheSpec(), nil), &digest{}, 0
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
		n += len(c.kinds[i].Name) + len(c.kinds[i].Service)
	}
	return n
}

// Nor does a decoder remember more than so many lists of attributes, of so many kinds, and so many leads to spans, and none so long.
func TestDecoderIsBounded(t *testing.T) {
	d := &decoder{reuse: true, visit: func(*Span, *place) bool { return false }}
	line := func(service, name, attributes string) {
		text := `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"` + service + `"}}]},"scopeSpans":[{"spans":[` +
			`{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab","name":"` + name + `","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[` + attributes + `]}]}]}]}`
		if _, f := d.decode([]byte(text)); f != nil {
			t.Fatal(f.message)
		}
	}
	for i := range 2 * mostResources {
		line("node-"+strconv.Itoa(i), "n", "")
	}
	if len(d.leads) != mostResources || len(d.resources) != mostResources {
		t.Errorf("%d leads and %d resources are remembered, of %d", len(d.leads), len(d.resources), mostResources)
	}
	for _, behind := range []string{"a", "b"} { // what is read of the second list becomes the beginning of the first
		line("node-1", "n", `{"key":"first","value":{"stringValue":"`+strings.Repeat(behind, 1+mostRaw*int(behind[0]-'a'))+`"}},{"key":"`+behind+`","value":{"intValue":"1"}}`)
	}
	const last = `{"key":"last","value":{"intValue":"1"}}`
	for i := range 2 * mostTemplates {
		for k := range 2 * mostKin {
			line("node-1", "n"+strconv.Itoa(i), `{"key":"`+strconv.Itoa(k)+`","value":{"stringValue":"`+strings.Repeat("long ", mostRaw*(k%3)/8)+`"}},`+last)
		}
	}
	all := 0
	for key, template := range d.templates {
		all += len(template.kin.all)
		if n := len(template.kin.all); n > mostKin {
			t.Errorf("%s has %d lists that are remembered, of at most %d", key.name, n, mostKin)
		}
		for _, one := range template.kin.all {
			if len(one.raw) > mostRaw {
				t.Errorf("%s has a list of %d bytes that is remembered, of at most %d", key.name, len(one.raw), mostRaw)
			}
		}
	}
	if len(d.templates) != mostTemplates || all != 2*mostTemplates {
		t.Errorf("%d lists of %d kinds are remembered, of %d and %d", all, len(d.templates), 2*mostTemplates, mostTemplates)
	}
}
