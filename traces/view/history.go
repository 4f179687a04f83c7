package view

import (
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view/orders"
)

// historyHead is what the page reads of the clients' history. page/src/model/history.ts is the same in TypeScript.
type historyHead struct {
	Operations int       `json:"operations"`
	Keys       []keyTold `json:"keys"`
	// What the attributes of operations and of their tries are called.
	Request string `json:"request"`
	Key     string `json:"key"`
	Value   string `json:"value"`
	Result  string `json:"result"`
}

// keyTold is a key, and whether an order explains all answers to its operations.
type keyTold struct {
	orders.Key

	Misfit int32 `json:"misfit"` // the operation whose answer nothing explains; -1 for none
}

// addHistory adds what is known of each operation of a client: which span it is, as how many spans after the one
// before; its state; and of one that has a place in the order of its key, its rank there, and between which times it
// took effect, counted from its beginning and from there. Then, if it was agreed on: where, how many spans later that
// was told, and how many spans after that it was applied; 0 where that is not told.
func (p *packing) addHistory() {
	operations, keys := p.gather.Of(orders.Steps)
	h := &p.head.History
	h.Operations, h.Keys = len(operations), []keyTold{}
	h.Request, h.Key = string(kvspans.KVRequestIDKey), string(kvspans.KVKeyKey)
	h.Value, h.Result = string(kvspans.KVValueKey), string(kvspans.KVResultKey)
	for _, k := range keys {
		told := keyTold{k, index.None}
		told.Key.Key, told.Text = valid(k.Key), valid(k.Text)
		if k.Misfit != index.None {
			told.Misfit = p.number[k.Misfit]
		}
		h.Keys = append(h.Keys, told)
	}
	last := int32(0)
	c := &p.history
	for i := range operations {
		op := &operations[i]
		n := p.number[op.Span]
		c.addSigned(int64(n - last))
		last = n
		c.add(uint64(op.State))
		if op.State == orders.Placed {
			c.add(uint64(op.Rank))
			begins := p.x.Entry(op.Span).Start
			c.addSigned((op.From - begins) / p.unit)
			c.addSigned((op.To - op.From) / p.unit)
		}
		c.add(op.Position)
		if op.Position > 0 {
			from := n
			for _, span := range []int32{op.Chosen, op.Applied} {
				if span == index.None {
					c.addSigned(0)
					continue
				}
				c.addSigned(int64(p.number[span] - from))
				from = p.number[span]
			}
		}
	}
}
