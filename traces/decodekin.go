package traces

import (
	"bytes"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// kin are the templates of one name, kind and process: an AppendEntries without entries has other attributes than one with some, and each is compared with the last of its like.
type kin struct {
	all    []*template
	latest *template // the one that was read last
}

// mostKin is how many of one kin are remembered. Of those that are not the first of their kin there are mostTemplates at most, of all kinds together.
const mostKin = 8

// latest is the one of its kin that was read last: where lists go on otherwise than there, that one is looked for in which they do.
func (t *template) latest() *template { return t.kin.latest }

// begin makes ready for another list.
func (t *template) begin() {
	t.changed, t.owed, t.moved = t.owed, 0, false
	t.kin.latest = t
}

// otherKin is the one of a template's kin whose list has the same first n keys and then what stands here, where the template's goes on otherwise; a new one if there is none yet; nil
// if there are too many, or if what stands here is just written in another way.
func (d *decoder) otherKin(t *template, n int, more bool) *template {
	if more && (!bytes.HasPrefix(d.data[d.pos:], []byte(`{"key":"`)) || n < t.known && d.isKeyOf(t, n)) {
		return nil
	}
	for _, other := range t.kin.all {
		if other != t && other.known >= n && (more && other.known > n && d.isKeyOf(other, n) || !more && other.known == n) && sameKeys(other.attributes[:n], t.attributes[:n]) {
			return other
		}
	}
	if len(t.kin.all) == mostKin || d.others == mostTemplates {
		return nil
	}
	d.others++
	other := &template{templateKey: t.templateKey, kin: t.kin}
	t.kin.all = append(t.kin.all, other)
	return other
}

func sameKeys(a, b []attribute.KeyValue) bool {
	return slices.EqualFunc(a, b, func(a, b attribute.KeyValue) bool { return a.Key == b.Key })
}

// isKeyOf says whether an attribute stands here that begins as the nth of a template.
func (d *decoder) isKeyOf(t *template, n int) bool {
	at := &t.seats[n]
	return at.key > 0 && bytes.HasPrefix(d.data[d.pos:], t.raw[at.start:at.start+at.key])
}

// goOnIn has the list that begins at start, of which n attributes were read into a template, be read on as that of another one. What the first remembers of its last list is mended:
// it begins as this one now.
func (d *decoder) goOnIn(t, other *template, start, n int) {
	other.begin()
	for i := range n {
		if i == len(other.seats) {
			other.seats, other.attributes, other.notes = append(other.seats, seat{}), append(other.attributes, attribute.KeyValue{}), append(other.notes, note{})
		}
		if other.attributes[i] != t.attributes[i] {
			other.attributes[i], other.notes[i] = t.attributes[i], t.notes[i]
			other.changed |= 1 << i
		}
		other.seats[i] = t.seats[i]
	}
	t.owed = t.changed
	if n == 0 {
		return
	}
	raw := append(d.spare[:0], d.data[start:start+t.seats[n-1].end]...)
	if n < t.known {
		from := t.seats[n].start
		for i := n; i < t.known; i++ {
			t.seats[i].moveBy(len(raw) + 1 - from)
		}
		raw = append(append(raw, ','), t.raw[from:]...)
	} else {
		raw = append(raw, ']')
	}
	t.raw, d.spare = raw, t.raw
	if len(raw) > mostRaw {
		t.raw, t.known = nil, 0
	}
}
