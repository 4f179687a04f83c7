package diff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/traces/words"
)

// Users is what users saw otherwise, and what the runs came to.
type Users struct {
	Operations []OperationChange `json:"operations"` // of clients, that went otherwise
	Leaders    []ValueChange     `json:"leaders"`    // by term
	Log        []ValueChange     `json:"log"`        // at the end, by index
	Store      []ValueChange     `json:"store"`      // at the end, by key
	Violations []ValueChange     `json:"violations"` // of invariants, that only one run has

	order, store bool // what of it makes the outcome another one, beside the answers
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

// answered says whether a client got another answer.
func (c *OperationChange) answered() bool { return c.ResultA != c.ResultB || c.CommandA != c.CommandB }

// ValueChange is something that has a value in each run; an empty one is none.
type ValueChange struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// users compares what two runs came to.
func users(a, b *Trace, o *Options) Users {
	u := Users{
		Operations: operationChanges(&a.outcome, &b.outcome, o),
		Leaders:    leaderChanges(a, b, o),
		Log:        valueChanges(a.outcome.entriesBut(&b.outcome), b.outcome.entriesBut(&a.outcome)),
		Store:      valueChanges(a.outcome.store, b.outcome.store),
		Violations: valueChanges(a.violated(), b.violated()),
	}
	u.Violations = slices.DeleteFunc(u.Violations, func(c ValueChange) bool { return c.A != "" && c.B != "" })
	u.order = !slices.Equal(a.outcome.commands(), b.outcome.commands())
	u.store = len(u.Store) > 0
	u.restrict(o.Only)
	return u
}

// restrict leaves of what users saw only what was asked for.
func (u *Users) restrict(only string) {
	none := []ValueChange{}
	switch {
	case only == "":
	case isClient(only):
		u.Operations = slices.DeleteFunc(u.Operations, func(c OperationChange) bool {
			return !strings.HasPrefix(c.Request, only+"/")
		})
		u.Leaders, u.Log, u.Store, u.order, u.store = none, none, none, false, false
	case only == OnlyKV:
		u.Leaders, u.Violations = none, none
	default:
		*u = Users{Operations: []OperationChange{}, Leaders: u.Leaders, Log: none, Store: none, Violations: none}
	}
}

// leaderChanges are the terms with other leaders, or with the same from another time on that matters.
func leaderChanges(a, b *Trace, o *Options) []ValueChange {
	textsA, leadersA := a.leadersByTerm()
	textsB, leadersB := b.leadersByTerm()
	return slices.DeleteFunc(valueChanges(textsA, textsB), func(c ValueChange) bool {
		return slices.EqualFunc(leadersA[c.Name], leadersB[c.Name], func(x, y leadership) bool {
			later := x.at.Sub(a.Epoch) - y.at.Sub(b.Epoch)
			return x.leader == y.leader && (o.ignoresTime() || later.Abs() <= o.Tolerance)
		})
	})
}

// momentWidth is how far times of a step may be off: most are whole microseconds.
const momentWidth = time.Microsecond

func operationChanges(a, b *outcome, o *Options) []OperationChange {
	changes := []OperationChange{}
	for request, x := range a.operations {
		y, both := b.operations[request]
		inTime := o.ignoresTime() || (x.latency-y.latency).Abs() <= max(o.Tolerance, momentWidth)
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
	slices.SortFunc(changes, func(x, y OperationChange) int { return inOrder(x.Request, y.Request) })
	return changes
}

// valueChanges are the names whose values differ, in their order.
func valueChanges(a, b map[string]string) []ValueChange {
	changes := []ValueChange{}
	for name, value := range a {
		if value != b[name] {
			changes = append(changes, ValueChange{words.Printable(name), words.Printable(value), words.Printable(b[name])})
		}
	}
	for name, value := range b {
		if _, both := a[name]; !both {
			changes = append(changes, ValueChange{words.Printable(name), "", words.Printable(value)})
		}
	}
	slices.SortFunc(changes, func(x, y ValueChange) int { return inOrder(x.Name, y.Name) })
	return changes
}

// inOrder compares names with numbers in them as people count: client-2/10 comes after client-2/9.
func inOrder(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x > 0 && y > 0 {
			if order := cmp.Or(cmp.Compare(x, y), strings.Compare(a[:x], b[:y])); order != 0 {
				return order
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingDigits returns with how many digits a text begins.
func leadingDigits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
