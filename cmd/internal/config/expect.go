package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Expect is an [[expect]]: something that must be true at the end of the run. It says one thing.
type Expect struct {
	Leader    world.ProcessID // who leads
	Sometimes string          // what happened at least once: the text of a invariants.Sometime
	Never     string          // what did not happen
	Answered  int             // how many operations have an answer
	Faults    int             // how many of the faults happened, those of one message not among them
	Violated  string          // the invariant that does not hold: the run stops there
	Operation string          // client-1/3: the client and the number of the operation
	Result    string          // of Operation: what it was answered, as the story's spans say it, or `outcome unknown`
	Log       world.ProcessID // whose log
	Terms     []int           // of Log: the terms of its entries, in their order
	At        time.Duration   // of Log: when, instead of at the end; zero for the end
}

// OutcomeUnknown is the Result of an operation that got no answer.
const OutcomeUnknown = "outcome unknown"

var expectColumns = []column[Expect]{
	{"leader", func(e *Expect) value { return processName{&e.Leader, world.NodeGroup} }},
	{"sometimes", func(e *Expect) value { return happening{&e.Sometimes} }},
	{"never", func(e *Expect) value { return happening{&e.Never} }},
	{"answered", func(e *Expect) value { return wholeNumber{&e.Answered, 1, math.MaxInt32} }},
	{"faults", func(e *Expect) value { return wholeNumber{&e.Faults, 1, math.MaxInt32} }},
	{"violated", func(e *Expect) value { return invariant{&e.Violated} }},
	{"operation", func(e *Expect) value { return requestName{&e.Operation} }},
	{"result", func(e *Expect) value { return paragraph{&e.Result} }},
	{"log", func(e *Expect) value { return processName{&e.Log, world.NodeGroup} }},
	{"terms", func(e *Expect) value { return numbers{&e.Terms} }},
	{"at", func(e *Expect) value { return duration{&e.At, ""} }},
}

// expects reads all of the [[expect]], instead of those that were given before.
func (r *reader) expects(v any, p *place) {
	r.placedExpects = nil
	for i, table := range r.tables(expectTable, v, p) {
		if table == nil {
			continue
		}
		if e, right := readRow(r, expectTable, expectColumns, table, p.item(i)); right {
			r.expect(e)
		}
	}
}

// expect takes one in that says one thing, and nothing that was said before.
func (r *reader) expect(e placed[Expect]) {
	said := len(e.keys)
	if e.has("at") {
		if said--; !e.has("log") {
			r.complainAt(e.where("at"), "at goes with log and terms: all else is looked at when the run ends")
			return
		}
	}
	for _, pair := range [][2]string{{"operation", "result"}, {"log", "terms"}} {
		if e.has(pair[0]) != e.has(pair[1]) {
			r.complainAt(e.origin, "%s and %s go together", pair[0], pair[1])
			return
		}
		if e.has(pair[0]) {
			said--
		}
	}
	switch earlier, again := twice(r.placedExpects, e.row); {
	case said == 0:
		r.complainAt(e.origin, "the expectation says nothing: it can say leader = \"node-2\", sometimes = \"conflict repaired\", never, answered = 15, "+
			"faults = 2, violated = \"QuorumLog\", operation with result, or log with terms")
	case said > 1:
		r.complainAt(e.origin, "the expectation says several things: write an [[expect]] for each")
	case again:
		r.complainAt(e.origin, "the same is expected already (%s)", earlier.origin.where())
	default:
		i := slices.IndexFunc(r.placedExpects, func(p placed[Expect]) bool { return p.row.Leader != 0 })
		if i >= 0 && e.row.Leader != 0 {
			r.complainAt(e.origin, "a leader is expected already (%s)", r.placedExpects[i].origin.where())
			return
		}
		r.placedExpects = append(r.placedExpects, e)
	}
}

// happening is something that happens in some runs.
type happening struct{ field *string }

func (h happening) read(v any, complain complainer) {
	var all []string
	for _, s := range invariants.AllSometimes() {
		all = append(all, s.String())
	}
	s, ok := v.(string)
	switch {
	case !ok:
		complain(whole, "must be a string, not %s", describe(v))
	case !slices.Contains(all, s):
		complain(whole, "is the unknown %s; the nearest is %q", quote(short(s)), Nearest(s, all))
	default:
		*h.field = s
	}
}

func (h happening) write() string { return quote(*h.field) }

// invariant is the name of one.
type invariant struct{ field *string }

func (n invariant) read(v any, complain complainer) {
	var all []string
	for _, i := range protocol.AllInvariants() {
		all = append(all, string(i.Name))
	}
	s, ok := v.(string)
	switch {
	case !ok:
		complain(whole, "must be a string, not %s", describe(v))
	case !slices.Contains(all, s):
		complain(whole, "is the unknown %s; the nearest is %q", quote(short(s)), Nearest(s, all))
	default:
		*n.field = s
	}
}

func (n invariant) write() string { return quote(*n.field) }

// requestName names a client's operation: client-1/3.
type requestName struct{ field *string }

func (n requestName) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	if _, _, problem := parseRequest(s); problem != "" {
		complain(whole, "%s", problem)
		return
	}
	*n.field = s
}

func (n requestName) write() string { return quote(*n.field) }

// parseRequest reads the name of a client's operation.
func parseRequest(s string) (client world.ProcessID, number uint64, problem string) {
	left, right, ok := strings.Cut(s, "/")
	client, problem = parseProcess(left)
	if !ok || problem != "" || client.Group() != world.ClientGroup {
		return 0, 0, fmt.Sprintf(`must name a client's operation, such as "client-1/3", not %s`, quote(short(s)))
	}
	number, problem = parseOrdinal(right, math.MaxUint32)
	return client, number, problem
}

// numbers is a list of whole numbers.
type numbers struct{ field *[]int }

func (n numbers) read(v any, complain complainer) {
	list, ok := v.([]any)
	if !ok {
		complain(whole, "must be an array of whole numbers, not %s", describe(v))
		return
	}
	read := make([]int, 0, len(list))
	for i, v := range list {
		if one, ok := readWhole(v, 1, math.MaxInt32, func(_ int, format string, args ...any) { complain(i, format, args...) }); ok {
			read = append(read, int(one))
		}
	}
	*n.field = read
}

func (n numbers) write() string {
	if *n.field == nil {
		return "" // nothing is said, which is not the same as that there are none
	}
	words := make([]string, len(*n.field))
	for i, one := range *n.field {
		words[i] = strconv.Itoa(one)
	}
	return "[" + strings.Join(words, ", ") + "]"
}
