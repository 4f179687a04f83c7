package traces

import (
	"strconv"
	"strings"
	"testing"
)

// A decoder remembers no more than so many lists of attributes, of so many kinds, and so many leads to spans, and none so long.
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
