package config

import (
	"cmp"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Link is a [[link]]: what the way from one process to another is like, instead of what [network] says.
type Link struct {
	From, To  world.ProcessID
	Latency   world.Range // zero for that of [network]
	Loss      float64
	Duplicate float64
	Late      float64
	LateBy    world.Range // zero for that of [network]
}

// linkKeys are the keys of a [[link]], in the order that they are written in.
func (t *schema) linkKeys() []keys.Key[Link] {
	return []keys.Key[Link]{
		keys.Column("from", t.process(), func(l *Link) *world.ProcessID { return &l.From }),
		keys.Column("to", t.process(), func(l *Link) *world.ProcessID { return &l.To }),
		keys.Column("latency", keys.Uniform("leave it out for that of [network]"),
			func(l *Link) *world.Range { return &l.Latency }),
		keys.Column("loss", keys.Probability, func(l *Link) *float64 { return &l.Loss }),
		keys.Column("duplicate", keys.Probability, func(l *Link) *float64 { return &l.Duplicate }),
		keys.Column("late", keys.Probability, func(l *Link) *float64 { return &l.Late }),
		keys.Column("late_by", keys.Uniform("leave it out for that of [network]"),
			func(l *Link) *world.Range { return &l.LateBy }),
	}
}

// links reads all of the [[link]], instead of those that were given before.
func (r *reader) links(v any, p *positions.Place) {
	if !r.adding {
		r.placedLinks = nil
	}
	r.Each(linkTable, v, p, func(table map[string]any, at *positions.Place) {
		if l, ok := readRow(r, linkTable, r.schema.links, table, at); ok {
			r.link(l)
		}
	})
}

// link takes one in that goes from a process to another, and is the first that does.
func (r *reader) link(l keys.Row[Link]) {
	switch {
	case l.Value.From == 0 || l.Value.To == 0:
		r.ComplainAt(l.Origin, "a link goes from a process to another: from = \"node-1\" and to = \"node-2\"")
		return
	case l.Value.From == l.Value.To:
		r.ComplainAt(l.Where("to"), "a link goes to another process")
		return
	}
	for _, other := range r.placedLinks {
		if other.Value.From == l.Value.From && other.Value.To == l.Value.To {
			r.ComplainAt(l.Origin, "the link from %s to %s is there already (%s)", l.Value.From, l.Value.To,
				other.Origin.Where())
		}
	}
	r.placedLinks = append(r.placedLinks, l)
}

func compareLinks(a, b keys.Row[Link]) int {
	return cmp.Or(cmp.Compare(a.Value.From, b.Value.From), cmp.Compare(a.Value.To, b.Value.To))
}
