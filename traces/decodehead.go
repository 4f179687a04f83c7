package traces

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// head is what stands in a span between its ids and its times, which is its name and its kind: there are few, and to compare with those that are known is several times faster than
// to read it again.
type head struct {
	raw      []byte // from behind the ids up to where the first time begins
	resource int    // its number
	name     string
	kind     trace.SpanKind
	seen     *template // of the spans with it
}

// heads are those that are remembered, by a hash of a part of them.
type heads [64][4]head

// lead is what stands before the spans of a process, from the beginning of what the line has of it.
type lead struct {
	raw      []byte
	resource *knownResource
}

// nowhere is where a lead begins that is not to be remembered.
const nowhere = -1

// leadAsWritten reads a lead that was read before, and says whose it is; nil if it is none, and then it moved nowhere.
func (d *decoder) leadAsWritten() *knownResource {
	start := d.pos
	for i := range d.leads {
		if l := &d.leads[i]; bytes.HasPrefix(d.data[start:], l.raw) {
			if d.pos += len(l.raw); d.peek() != ']' {
				return l.resource
			}
			d.pos = start // there are no spans
		}
	}
	return nil
}

// rememberLead remembers what was read since start, which may be nowhere.
func (d *decoder) rememberLead(start int, resource *knownResource) {
	if start != nowhere && d.err == nil && d.pos-start <= mostRaw && len(d.leads) < mostResources {
		d.leads = append(d.leads, lead{bytes.Clone(d.data[start:d.pos]), resource})
	}
}

// header reads the fields that OTLPFile, as the Collector, writes first in a span, in the order in which they do, and says whether it did; if not, it moved nowhere.
func (d *decoder) header(s *Span, resource *knownResource) bool {
	start := d.pos
	if d.idsAsWritten(s) && d.headAsWritten(s, resource) && d.timesAsWritten(s) {
		return true
	}
	d.back(start) // and all of these fields are read again
	return false
}

func (d *decoder) idsAsWritten(s *Span) bool {
	if !d.namesAsWritten(&s.Run, &s.Root, &s.ID) {
		return false
	}
	return !d.accept(`,"parentSpanId":"`) || d.sixteen(&s.Parent) && d.accept(`"`)
}

// namesAsWritten reads the ids by which a span is called, in it and in links to it.
func (d *decoder) namesAsWritten(run *uint64, root, id *world.CausalID) bool {
	return d.accept(`{"traceId":"`) && d.run(run) && d.sixteen(root) && d.accept(`","spanId":"`) && d.sixteen(id) && d.accept(`"`)
}

// linkAsWritten reads a link that is written as OTLPFile does, and says whether it is one; if not, it moved nowhere.
func (d *decoder) linkAsWritten(l *Link) bool {
	start := d.pos
	if d.namesAsWritten(&l.Run, &l.Root, &l.ID) {
		if d.accept(`,"flags":`) {
			d.skip(0)
		}
		if d.accept("}") && l.ID != 0 && (l.Run != 0 || l.Root != 0) {
			return true
		}
	}
	d.back(start) // and all of these fields are read again
	return false
}

// run reads the run's half of a trace id, which seldom is another than that of the span before.
func (d *decoder) run(n *uint64) bool {
	if d.runText != "" && d.accept(d.runText) {
		*n = d.lastRun
		return true
	}
	start := d.pos
	var id world.CausalID
	if !d.sixteen(&id) {
		return false
	}
	*n, d.lastRun, d.runText = uint64(id), uint64(id), string(d.data[start:d.pos])
	return true
}

// sixteen reads sixteen hex digits.
func (d *decoder) sixteen(id *world.CausalID) bool {
	if len(d.data)-d.pos < 16 {
		return false
	}
	n, ok := Hex(d.data[d.pos : d.pos+16])
	*id = world.CausalID(n)
	d.pos += 16
	return ok
}

// headAsWritten reads what stands between the ids and the first time.
func (d *decoder) headAsWritten(s *Span, resource *knownResource) bool {
	at := &d.places[len(d.places)-1]
	known := d.headsHere(resource)
	for i := range known {
		if h := &known[i]; h.resource == resource.number && h.raw != nil && bytes.HasPrefix(d.data[d.pos:], h.raw) {
			d.pos += len(h.raw)
			s.Name, s.Kind, at.head = h.name, h.kind, h.seen
			return true
		}
	}
	start := d.pos
	if d.accept(`,"flags":`) {
		d.skip(0)
	}
	if !d.accept(`,"name":`) {
		return false
	}
	s.Name = d.text()
	if d.accept(`,"kind":`) {
		s.Kind = d.kind()
	}
	if !d.accept(`,"startTimeUnixNano":`) {
		return false
	}
	at.head = d.template(s, resource)
	if len(known) > 0 && d.pos-start <= mostRaw {
		copy(known[1:], known)
		known[0] = head{bytes.Clone(d.data[start:d.pos]), resource.number, s.Name, s.Kind, at.head}
	}
	return true
}

// Odd numbers with no pattern in them, to make hashes by multiplication.
const (
	hashFirst  = 0xa0761d6478bd642f
	hashSecond = 0xe7037ed1a0b428db
)

// join is a hash of two hashes, in this order.
func join(a, b uint64) uint64 {
	high, low := bits.Mul64(a^hashFirst, b^hashSecond)
	return high ^ low
}

// headsHere are those of which one may stand here; none at the end of a line.
func (d *decoder) headsHere(resource *knownResource) []head {
	const first, second = 24, 32 // of what the flags and the key come before: parts of the name, and what is behind it
	if len(d.data)-d.pos < second+8 {
		return nil
	}
	rest := d.data[d.pos:]
	h := binary.LittleEndian.Uint64(rest[first:])*hashFirst ^ binary.LittleEndian.Uint64(rest[second:])*hashSecond ^ uint64(resource.number)*hashFirst<<1
	return d.heads[h>>32%uint64(len(d.heads))][:]
}

func (d *decoder) timesAsWritten(s *Span) bool {
	s.Start = d.time()
	if !d.accept(`,"endTimeUnixNano":`) {
		return false
	}
	s.End = d.time()
	return d.err == nil
}
