package config

import (
	"cmp"
	"math"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Operation is an [[operation]]: what a client is to ask for, instead of what chance would have it ask for. As soon
// as there is one, the clients do those that are written, and no others.
type Operation struct {
	Client world.ProcessID
	Number int             // its ordinal among the client's operations, from 1; there may be gaps
	Put    string          // the key, of one of the three
	Value  string          // of a put
	Get    string          // the key
	Delete string          // the key
	At     time.Duration   // it does not begin before this, nor before the client's start
	Server world.ProcessID // that is asked first; zero for the one that the client takes for the leader
}

// TotalOperations is how many operations all clients are to do together.
func (c *Config) TotalOperations() int {
	if len(c.Operations) > 0 {
		return len(c.Operations)
	}
	return c.NumClients * c.RequestsPerClient
}

var operationKeys = []key[Operation]{
	column("client", process(world.ClientGroup), func(o *Operation) *world.ProcessID { return &o.Client }),
	column("number", whole[int](1, math.MaxUint32), func(o *Operation) *int { return &o.Number }),
	column("at", duration(""), func(o *Operation) *time.Duration { return &o.At }),
	column("server", process(world.NodeGroup), func(o *Operation) *world.ProcessID { return &o.Server }),
	column("put", word, func(o *Operation) *string { return &o.Put }),
	column("value", word, func(o *Operation) *string { return &o.Value }),
	column("get", word, func(o *Operation) *string { return &o.Get }),
	column("delete", word, func(o *Operation) *string { return &o.Delete }),
}

// operations reads all of the [[operation]], instead of those that were given before.
func (r *reader) operations(v any, p *positions.Place) {
	r.placedOperations = nil
	last := make(map[world.ProcessID]int)
	r.each(operationTable, v, p, func(table map[string]any, at *positions.Place) {
		if o, ok := readRow(r, operationTable, operationKeys, table, at); ok {
			r.operation(&o, last)
			r.placedOperations = append(r.placedOperations, o)
		}
	})
}

// operation checks one, and gives it the number after the client's last one if it says none.
func (r *reader) operation(o *placed[Operation], last map[world.ProcessID]int) {
	asked := 0
	for _, key := range []string{"put", "get", "delete"} {
		if o.has(key) {
			asked++
		}
	}
	switch {
	case o.row.Client == 0:
		r.complainAt(o.origin, "an operation is a client's: client = \"client-1\"")
		return
	case asked != 1:
		r.complainAt(o.origin, "an operation asks for one thing: "+
			"put = \"a\" with value = \"x\", or get = \"a\", or delete = \"a\"")
	case o.has("put") != o.has("value"):
		r.complainAt(o.where("value"), "put and value go together: put = \"a\" and value = \"x\"")
	}
	if !o.has("number") {
		o.row.Number = last[o.row.Client] + 1
	}
	if o.row.Number <= last[o.row.Client] {
		r.complainAt(o.where("number"), "the numbers of a client's operations rise: the one before is %d", last[o.row.Client])
	}
	last[o.row.Client] = max(last[o.row.Client], o.row.Number)
}

func compareOperations(a, b placed[Operation]) int {
	return cmp.Or(cmp.Compare(a.row.Client, b.row.Client), cmp.Compare(a.row.Number, b.row.Number))
}
