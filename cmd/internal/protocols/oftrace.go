package protocols

import (
	"bytes"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// Lists returns the attributes that are lists of texts, whatever protocol they are of.
func Lists() read.Lists {
	all := read.Lists{}
	for _, p := range All {
		maps.Copy(all, span.Lists(p.Specs))
	}
	return all
}

// Replies returns the attributes that name a reply, whatever protocol they are of.
func Replies() []attribute.Key {
	var all []attribute.Key
	for _, p := range All {
		all = append(all, p.Landmarks.Replies...)
	}
	return all
}

// OfTrace returns the protocol whose spans a trace has: spans of a name that the specs of no other protocol declare. It
// is the usual one if there are none.
func OfTrace(x *index.Trace) *whole.Protocol {
	own := owners()
	for _, shape := range x.Shapes() {
		if p := own[shape.Name]; p != nil {
			return p
		}
	}
	return Usual()
}

// OfBeginning returns the protocol of a trace whose file begins like this, whatever its layout: the one whose span is
// named first.
func OfBeginning(text []byte) *whole.Protocol {
	found, first := Usual(), len(text)
	if len(All) == 1 {
		return found
	}
	own := owners()
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if at := bytes.Index(text[:first], []byte(`"`+name+`"`)); at >= 0 {
			found, first = own[name], at
		}
	}
	return found
}

// owners returns the one protocol that declares spans of a name, by that name.
func owners() map[string]*whole.Protocol {
	own := map[string]*whole.Protocol{}
	for _, p := range All {
		for i := range p.Specs {
			name := p.Specs[i].Name
			if other, declared := own[name]; declared && other != p {
				own[name] = nil // it is of several
			} else if !declared {
				own[name] = p
			}
		}
	}
	maps.DeleteFunc(own, func(_ string, p *whole.Protocol) bool { return p == nil })
	return own
}
