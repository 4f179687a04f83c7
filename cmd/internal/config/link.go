package config

import "github.com/raftkv/raftkv/raftkv/world"

// Link is a [[link]]: what the way from one process to another is like, instead of what [network] says.
type Link struct {
	From, To  world.ProcessID
	Latency   world.Range // zero for that of [network]
	Loss      float64
	Duplicate float64
	Late      float64
	LateBy    world.Range // zero for that of [network]
}

var linkColumns = []column[Link]{
	{"from", func(l *Link) value { return processName{&l.From, 0} }},
	{"to", func(l *Link) value { return processName{&l.To, 0} }},
	{"latency", func(l *Link) value { return uniform{&l.Latency, "leave it out for that of [network]", false} }},
	{"loss", func(l *Link) value { return probability{&l.Loss} }},
	{"duplicate", func(l *Link) value { return probability{&l.Duplicate} }},
	{"late", func(l *Link) value { return probability{&l.Late} }},
	{"late_by", func(l *Link) value { return uniform{&l.LateBy, "leave it out for that of [network]", false} }},
}

// links reads all of the [[link]], instead of those that were given before.
func (r *reader) links(v any, p *place) {
	if !r.adding {
		r.placedLinks = nil
	}
	for i, table := range r.tables(linkTable, v, p) {
		if table == nil {
			continue
		}
		l, right := readRow(r, linkTable, linkColumns, table, p.item(i))
		switch {
		case !right:
			continue
		case l.row.From == 0 || l.row.To == 0:
			r.complainAt(l.origin, "a link goes from a process to another: from = \"node-1\" and to = \"node-2\"")
			continue
		case l.row.From == l.row.To:
			r.complainAt(l.where("to"), "a link goes to another process")
			continue
		}
		for _, other := range r.placedLinks {
			if other.row.From == l.row.From && other.row.To == l.row.To {
				r.complainAt(l.origin, "the link from %s to %s is there already (%s)", l.row.From, l.row.To, other.origin.where())
			}
		}
		r.placedLinks = append(r.placedLinks, l)
	}
}

func compareLinks(a, b placed[Link]) int {
	if a.row.From != b.row.From {
		return compareIDs(a.row.From, b.row.From)
	}
	return compareIDs(a.row.To, b.row.To)
}
