package across

import (
	"maps"
	"slices"

	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Comparison is two runs side by side.
type Comparison struct {
	A          Run         `json:"a"`
	B          Run         `json:"b"`
	Operations []Operation `json:"operations"` // in the order of clients and their operations
}

// Operation is an operation of a client in both runs; nil in a run that does not have it.
type Operation struct {
	Request string `json:"request"` // client-2/3
	A       *Done  `json:"a"`
	B       *Done  `json:"b"`
}

// Asked says whether both runs have the operation, with the same command.
func (o *Operation) Asked() bool { return o.A != nil && o.B != nil && o.A.Command == o.B.Command }

// Answered says whether both clients got the same.
func (o *Operation) Answered() bool { return o.Asked() && o.A.Result == o.B.Result }

// Compare puts two runs side by side. It fails if a span cannot be read again.
func Compare(a, b *index.Trace) (*Comparison, error) {
	runs := [2]*gathered{gather(a), gather(b)}
	for _, x := range []*index.Trace{a, b} {
		if err := x.Err(); err != nil {
			return nil, err
		}
	}
	c := &Comparison{A: runs[0].Run, B: runs[1].Run, Operations: []Operation{}}
	all := maps.Clone(runs[0].operations)
	maps.Copy(all, runs[1].operations)
	for _, request := range slices.SortedFunc(maps.Keys(all), words.InOrder) {
		c.Operations = append(c.Operations, Operation{
			Request: words.Printable(request), A: runs[0].operations[request], B: runs[1].operations[request],
		})
	}
	return c, nil
}

// Workload says how many operations both runs have with the same command, and how many of these got the same answer.
func (c *Comparison) Workload() (asked, answered int) {
	for i := range c.Operations {
		if c.Operations[i].Asked() {
			asked++
		}
		if c.Operations[i].Answered() {
			answered++
		}
	}
	return asked, answered
}
