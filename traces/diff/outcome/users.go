package outcome

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/words"
)

// Users is what users saw otherwise, and what the runs came to.
type Users struct {
	Operations []OperationChange     `json:"operations"` // of clients, that went otherwise
	Leaders    []content.ValueChange `json:"leaders"`    // by term
	Log        []content.ValueChange `json:"log"`        // at the end, by index
	Store      []content.ValueChange `json:"store"`      // at the end, by key
	Violations []content.ValueChange `json:"violations"` // of invariants, that only one run has

	OtherOrder bool `json:"-"` // the operations took effect in another order
}

// OperationChange is an operation of a client that went otherwise.
type OperationChange struct {
	Request  string         `json:"request"`             // client-2/3
	CommandA string         `json:"command_a,omitempty"` // PUT "a" = "x"
	CommandB string         `json:"command_b,omitempty"`
	ResultA  string         `json:"result_a,omitempty"` // OK, NOT FOUND, the value, or that there was no answer
	ResultB  string         `json:"result_b,omitempty"`
	LatencyA *time.Duration `json:"latency_a_ns,omitempty"` // left out where there is no such operation
	LatencyB *time.Duration `json:"latency_b_ns,omitempty"`
	TriesA   int            `json:"tries_a"` // how often the client asked a server
	TriesB   int            `json:"tries_b"`
}

// Answered says whether a client got another answer.
func (c *OperationChange) Answered() bool { return c.ResultA != c.ResultB || c.CommandA != c.CommandB }

// Compare compares what two runs came to. Times that are no further apart than tolerance are the same.
func Compare(a, b *Outcome, tolerance time.Duration) Users {
	u := Users{
		Operations: operationChanges(a, b, tolerance),
		Leaders:    leaderChanges(a, b, tolerance),
		Log:        valueChanges(a.entriesBut(b), b.entriesBut(a)),
		Store:      valueChanges(a.store, b.store),
		Violations: valueChanges(a.violated(), b.violated()),
	}
	u.Violations = slices.DeleteFunc(u.Violations, func(c content.ValueChange) bool { return c.A != "" && c.B != "" })
	u.OtherOrder = !slices.Equal(a.commands(), b.commands())
	return u
}

// leaderChanges are the terms with other leaders, or with the same from another time on that matters.
func leaderChanges(a, b *Outcome, tolerance time.Duration) []content.ValueChange {
	textsA, leadersA := a.leadersByTerm()
	textsB, leadersB := b.leadersByTerm()
	return slices.DeleteFunc(valueChanges(textsA, textsB), func(c content.ValueChange) bool {
		return slices.EqualFunc(leadersA[c.Name], leadersB[c.Name], func(x, y leadership) bool {
			later := x.at.Sub(a.epoch) - y.at.Sub(b.epoch)
			return x.leader == y.leader && later.Abs() <= tolerance
		})
	})
}

// momentWidth is how far times of a step may be off: most are whole microseconds.
const momentWidth = time.Microsecond

func operationChanges(a, b *Outcome, tolerance time.Duration) []OperationChange {
	changes := []OperationChange{}
	for request, x := range a.operations {
		y, both := b.operations[request]
		inTime := (x.latency - y.latency).Abs() <= max(tolerance, momentWidth)
		if both && inTime && x.command == y.command && x.result == y.result && x.tries == y.tries {
			continue
		}
		c := OperationChange{
			Request: words.Printable(request), CommandA: x.command, ResultA: x.result, LatencyA: &x.latency, TriesA: x.tries,
		}
		if both {
			c.CommandB, c.ResultB, c.LatencyB, c.TriesB = y.command, y.result, &y.latency, y.tries
		}
		changes = append(changes, c)
	}
	for request, y := range b.operations {
		if _, both := a.operations[request]; !both {
			changes = append(changes, OperationChange{
				Request: words.Printable(request), CommandB: y.command, ResultB: y.result, LatencyB: &y.latency, TriesB: y.tries,
			})
		}
	}
	slices.SortFunc(changes, func(x, y OperationChange) int { return words.InOrder(x.Request, y.Request) })
	return changes
}

// valueChanges are the names whose values differ, in their order.
func valueChanges(a, b map[string]string) []content.ValueChange {
	changes := []content.ValueChange{}
	for name, value := range a {
		if value != b[name] {
			changes = append(changes, content.ValueChange{
				Name: words.Printable(name), A: words.Printable(value), B: words.Printable(b[name]),
			})
		}
	}
	for name, value := range b {
		if _, both := a[name]; !both {
			changes = append(changes, content.ValueChange{Name: words.Printable(name), B: words.Printable(value)})
		}
	}
	slices.SortFunc(changes, func(x, y content.ValueChange) int { return words.InOrder(x.Name, y.Name) })
	return changes
}
