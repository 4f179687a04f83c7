package config

import (
	"cmp"
	"math"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
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

// operationKeys are the keys of an [[operation]], in the order that they are written in.
func (t *schema) operationKeys() []keys.Key[Operation] {
	return []keys.Key[Operation]{
		keys.Column("client", t.client(), func(o *Operation) *world.ProcessID { return &o.Client }),
		keys.Column("number", keys.Whole[int](1, math.MaxUint32), func(o *Operation) *int { return &o.Number }),
		keys.Column("at", keys.Duration(""), func(o *Operation) *time.Duration { return &o.At }),
		keys.Column("server", t.server(answers), func(o *Operation) *world.ProcessID { return &o.Server }),
		keys.Column("put", keys.Word, func(o *Operation) *string { return &o.Put }),
		keys.Column("value", keys.Word, func(o *Operation) *string { return &o.Value }),
		keys.Column("get", keys.Word, func(o *Operation) *string { return &o.Get }),
		keys.Column("delete", keys.Word, func(o *Operation) *string { return &o.Delete }),
	}
}

// operations reads all of the [[operation]], instead of those that were given before.
func (r *reader) operations(v any, p *positions.Place) {
	r.placedOperations = nil
	last := make(map[world.ProcessID]int)
	r.Each(operationTable, v, p, func(table map[string]any, at *positions.Place) {
		if o, ok := readRow(r, operationTable, r.schema.operations, table, at); ok {
			r.operation(&o, last)
			r.placedOperations = append(r.placedOperations, o)
		}
	})
}

// operation checks one, and gives it the number after the client's last one if it says none.
func (r *reader) operation(o *keys.Row[Operation], last map[world.ProcessID]int) {
	asked := 0
	for _, key := range []string{"put", "get", "delete"} {
		if o.Has(key) {
			asked++
		}
	}
	switch {
	case o.Value.Client == 0:
		r.ComplainAt(o.Origin, "an operation is a client's: client = \"client-1\"")
		return
	case asked != 1:
		r.ComplainAt(o.Origin, "an operation asks for one thing: "+
			"put = \"a\" with value = \"x\", or get = \"a\", or delete = \"a\"")
	case o.Has("put") != o.Has("value"):
		r.ComplainAt(o.Where("value"), "put and value go together: put = \"a\" and value = \"x\"")
	}
	if !o.Has("number") {
		o.Value.Number = last[o.Value.Client] + 1
	}
	if o.Value.Number <= last[o.Value.Client] {
		r.ComplainAt(o.Where("number"), "the numbers of a client's operations rise: the one before is %d",
			last[o.Value.Client])
	}
	last[o.Value.Client] = max(last[o.Value.Client], o.Value.Number)
}

func compareOperations(a, b keys.Row[Operation]) int {
	return cmp.Or(cmp.Compare(a.Value.Client, b.Value.Client), cmp.Compare(a.Value.Number, b.Value.Number))
}
