package config

import (
	"cmp"

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

var linkKeys = []key[Link]{
	column("from", process(0), func(l *Link) *world.ProcessID { return &l.From }),
	column("to", process(0), func(l *Link) *world.ProcessID { return &l.To }),
	column("latency", uniform("leave it out for that of [network]"), func(l *Link) *world.Range { return &l.Latency }),
	column("loss", probability, func(l *Link) *float64 { return &l.Loss }),
	column("duplicate", probability, func(l *Link) *float64 { return &l.Duplicate }),
	column("late", probability, func(l *Link) *float64 { return &l.Late }),
	column("late_by", uniform("leave it out for that of [network]"), func(l *Link) *world.Range { return &l.LateBy }),
}

// links reads all of the [[link]], instead of those that were given before.
func (r *reader) links(v any, p *positions.Place) {
	if !r.adding {
		r.placedLinks = nil
	}
	r.each(linkTable, v, p, func(table map[string]any, at *positions.Place) {
		if l, ok := readRow(r, linkTable, linkKeys, table, at); ok {
			r.link(l)
		}
	})
}

// link takes one in that goes from a process to another, and is the first that does.
func (r *reader) link(l placed[Link]) {
	switch {
	case l.row.From == 0 || l.row.To == 0:
		r.complainAt(l.origin, "a link goes from a process to another: from = \"node-1\" and to = \"node-2\"")
		return
	case l.row.From == l.row.To:
		r.complainAt(l.where("to"), "a link goes to another process")
		return
	}
	for _, other := range r.placedLinks {
		if other.row.From == l.row.From && other.row.To == l.row.To {
			r.complainAt(l.origin, "the link from %s to %s is there already (%s)", l.row.From, l.row.To, other.origin.Where())
		}
	}
	r.placedLinks = append(r.placedLinks, l)
}

func compareLinks(a, b placed[Link]) int {
	return cmp.Or(cmp.Compare(a.row.From, b.row.From), cmp.Compare(a.row.To, b.row.To))
}
