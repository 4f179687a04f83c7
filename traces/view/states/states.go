package states

import (
	"math"
	"slices"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
)

// Protocol is what is known of a protocol: the tables of its spec.
type Protocol struct {
	Specs     []span.Spec
	Landmarks span.Landmarks
	Shown     span.Shown
}

// Kind is what kind of thing a field is.
type Kind string

// The kinds there are.
const (
	Status Kind = "status" // whether the process is up: one of the states below
	Scalar Kind = "scalar" // one value
	Table  Kind = "table"  // rows by their positions, which are numbers, or by names
	Store  Kind = "store"  // values by their keys
)

// The values of a status.
const (
	Up     = "up"
	Paused = "paused"
	Down   = "down"
)

// Field is one thing that is shown of a process's state.
type Field struct {
	Name, Doc string
	Word      string   // what people call it
	Groups    []string // of the processes that have it
	Kind      Kind
	Columns   []string // nil for what is no table
	Chosen    string   // the field up to whose value rows are chosen; or empty
	Applied   string   // the field up to whose value rows are applied; or empty
	Colour    string   // the column that colours a row; or empty
}

// Change is one change of the state of a process.
type Change struct {
	At      index.Moment // of the span that tells it
	Process int32        // index.Shape.Process
	Field   int32
	Key     string   // position or key of a row; empty for what has none
	Values  []string // a value, or one for each column; nil: it is gone, or not known any more. They may be shared
}

// NotTold is the text of a column that the trace does not tell.
const NotTold = "?"

// Of returns what is shown of a run, and all changes of it in the one order of moments. It fails where the trace cannot
// be read again.
func Of(x *index.Trace, p *Protocol) (fields []Field, changes []Change, err error) {
	e := newEngine(x, p)
	replies := x.Replies()
	for m := range x.Moments(func(m index.Moment) index.Moment { return x.SentBefore(m, replies) }) {
		e.happens(m)
		if err := x.Err(); err != nil {
			return nil, nil, err
		}
	}
	return e.fields, e.changes, x.Err()
}

// engine goes through a trace.
type engine struct {
	x         *index.Trace
	protocol  *Protocol
	fields    []Field
	shown     span.Shown // those of the spec, by field - own
	processes []*process // by number
	byName    map[string]*process
	ofShape   [][]telling // by shape; nil for one that was not looked at
	known     []bool
	ends      map[int32][]told     // what spans tell as they end, that have begun
	from      int64                // before, what spans told as they began may have changed since; in ns since 1970
	single    map[string][]string  // lists of one value
	spaced    map[string][2]string // key and value of puts that a command does not tell apart, by request

	at      index.Moment
	changes []Change
}

// own is how many fields there are before those of the spec.
const own = 1

func newEngine(x *index.Trace, p *Protocol) *engine {
	e := &engine{
		x: x, protocol: p, shown: p.Shown, ofShape: make([][]telling, len(x.Shapes())), known: make([]bool, len(x.Shapes())),
		ends: map[int32][]told{}, single: map[string][]string{}, spaced: map[string][2]string{},
		byName: map[string]*process{},
	}
	e.fields = fieldsOf(p)
	for i := range x.Shapes() {
		shape := &x.Shapes()[i]
		for int(shape.Process) >= len(e.processes) {
			e.processes = append(e.processes, nil)
		}
		if e.processes[shape.Process] == nil {
			e.processes[shape.Process] = e.newProcess(shape.Service, shape.Process)
			e.byName[shape.Service] = e.processes[shape.Process]
		}
	}
	e.watchDisks()
	e.from = beginning(x)
	return e
}

// beginning returns from when on all spans are there; 0 if the first is there, which is the run's own.
func beginning(x *index.Trace) int64 {
	first := int64(math.MaxInt64)
	for i := range int32(x.Len()) {
		if x.Shape(i).Name == worldspans.RunName {
			return 0
		}
		first = min(first, x.Entry(i).End)
	}
	return first
}

// fieldsOf are the fields of a protocol: the status, what its spec declares, and the store.
func fieldsOf(p *Protocol) []Field {
	fields := []Field{{
		Name: "status", Word: "status", Doc: "Whether the process is up, paused, or down.", Groups: groups(p.Specs),
		Kind: Status,
	}}
	for i := range p.Shown {
		f := &p.Shown[i]
		field := Field{
			Name: f.Name, Word: f.Word, Doc: f.Doc, Groups: f.Groups, Kind: Scalar, Columns: f.Columns,
			Chosen: f.Chosen, Applied: f.Applied, Colour: f.Colour,
		}
		if f.Columns != nil {
			field.Kind = Table
		}
		fields = append(fields, field)
	}
	if l := &p.Landmarks.Applied; l.Name != "" {
		store := Field{
			Name: "store", Word: "store", Doc: "What the process applied: values by their keys.", Kind: Store,
			Columns: []string{"value"},
		}
		for i := range p.Specs {
			if s := &p.Specs[i]; s.Name == l.Name && s.Kind == l.Kind {
				store.Groups = append(store.Groups, s.Groups()...)
			}
		}
		fields = append(fields, store)
	}
	return fields
}

// groups are those of all processes.
func groups(specs []span.Spec) (all []string) {
	for i := range specs {
		for _, group := range specs[i].Groups() {
			if group != worldspans.ServiceWorld && !slices.Contains(all, group) {
				all = append(all, group)
			}
		}
	}
	return all
}

// happens takes in one end of a span.
func (e *engine) happens(m index.Moment) {
	e.at = m
	shape := e.x.Shape(m.Span)
	p := e.processes[shape.Process]
	entry := e.x.Entry(m.Span)
	step := entry.Step
	if m.Ends {
		step = entry.EndStep
	}
	p.disk.enters(step, m.Span)
	if m.Ends {
		all := e.ends[m.Span]
		delete(e.ends, m.Span)
		e.tell(p, all)
		return
	}
	tellings := e.tellings(m.Span)
	if shape.Service == worldspans.ServiceWorld {
		e.world(m.Span)
		return
	}
	if len(tellings) == 0 && !entry.HasEvents && !e.concerns(shape) {
		return
	}
	e.begins(p, m.Span, tellings)
}

// begins takes in the beginning of a span of a process.
func (e *engine) begins(p *process, i int32, tellings []telling) {
	s := e.x.Span(i)
	now, later := e.read(i, s, tellings)
	if later != nil {
		e.ends[i] = later
	}
	if isStart(s) {
		e.starts(p, now)
	}
	e.tell(p, now)
	e.persists(p, s)
	if isStart(s) {
		p.disk.begins()
	}
	if e.protocol.Landmarks.Applied.Is(s) {
		e.applies(p, s)
	}
	e.notesSpaces(s)
}

// concerns says whether spans of a shape are looked at, whatever the tables of what is shown say.
func (e *engine) concerns(shape *index.Shape) bool {
	l := &e.protocol.Landmarks.Applied
	return l.Name == shape.Name && l.Kind == shape.Kind || isStartShape(shape)
}
