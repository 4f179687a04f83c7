package traces

import "github.com/raftkv/raftkv/raftkv/world"

// layout is how the text of a span is to be understood when it is read again, alone.
type layout uint8

const (
	inOTLP   layout = iota
	inAnswer        // OTLP that a Jaeger made of what it keeps: see mend
	inJaeger        // Jaeger's own JSON
	inTempo         // OTLP as Tempo writes it
)

// again reads a span again, of a process that is known; false says that it does not stand there. What is in it is valid as long as that of other spans of the decoder.
func (d *decoder) again(text []byte, as layout, id world.CausalID, of *knownResource) (Span, bool) {
	d.reset(text)
	d.clear()
	d.tempo = as == inTempo
	if as == inJaeger {
		d.jaegerSpan()
	} else {
		d.span(of)
	}
	if d.err != nil || len(d.spans) != 1 || d.spans[0].ID != id {
		return Span{}, false
	}
	if as == inAnswer {
		mend(d.spans)
	}
	s := d.spans[0]
	s.Service, s.Resource = of.service, of.attributes
	return s, true
}
