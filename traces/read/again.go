package read

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Decoder reads single spans again, of which it is known where they stand. The zero value is ready for use.
type Decoder struct{ decoder }

// Know has lists be known as such: see Lists.
func (d *Decoder) Know(lists Lists) { d.lists = lists }

// Again reads a span from its text. Its process is not part of the text, so who reads it says what it is. The second
// result is false if the text is not that of the span with this id. What the span refers to stays valid.
func (d *Decoder) Again(text []byte, as Layout, id world.CausalID, service string, resource []attribute.KeyValue) (Span,
	bool,
) {
	d.reset(text)
	d.clear()
	d.layout = as
	if as == Jaeger {
		d.jaegerSpan()
	} else {
		d.span(&process{})
	}
	if d.err != nil || d.spans[0].ID != id {
		return Span{}, false
	}
	if as == Answer {
		d.lists.undoAnswer(&d.spans[0])
	}
	s := d.spans[0]
	s.Service, s.Resource = service, resource
	return s, true
}
