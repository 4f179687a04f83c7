package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// Scenario is the text of a config and what it is called.
type Scenario struct {
	Name string // of one that is built in; empty for a user's file, named after itself unless it says its name
	File string // what diagnostics call it
	Text []byte
}

// Override is a change of the config that the command line asks for.
type Override struct {
	flag  string
	given string // what was given with the flag
	key   string // what it is the value of; empty when given is key=value
	plain bool   // whether given is a string as it stands, and not TOML
	kind  FaultKind
}

// Set is a change of any key: -set raft.max_entries=1. The value is TOML, or a string without its quotes when it is
// no TOML.
func Set(flag, assignment string) Override { return Override{flag: flag, given: assignment} }

// SetKey is a change of one key that has a flag of its own.
func SetKey(flag, key, value string) Override { return Override{flag: flag, key: key, given: value} }

// SetString is a change of one key that has a flag of its own, and whose value is a string.
func SetString(flag, key, value string) Override {
	return Override{flag: flag, key: key, given: value, plain: true}
}

// AddFault is a counterfactual: the span id of a message to be dropped or duplicated, or SPANID=DURATION to delay it.
func AddFault(flag string, kind FaultKind, message string) Override {
	return Override{flag: flag, given: message, kind: kind}
}

// Check says what is wrong with the change by itself, so that a command line can say it along with all else.
func (o Override) Check() error {
	key, _, _ := strings.Cut(o.given, "=")
	return byAny(cmp.Or(o.key, strings.TrimSpace(key)), func(t *schema) error {
		r := newReader("check", t)
		r.override(o, 1)
		_, err := r.finish()
		return err
	})
}

// byAny returns what is wrong with a part of a config whose protocol is not known: nothing if that of one protocol can
// have it. Of several complaints it is that of the protocol that has the key.
func byAny(key string, check func(*schema) error) (wrong error) {
	for _, p := range protocols.All {
		t := schemaOf(p)
		err := check(t)
		if err == nil {
			return nil
		}
		if wrong == nil || section(key) == t.Section || t.isCount(key) {
			wrong = err
		}
	}
	return wrong
}

// Request asks for the config of a run.
type Request struct {
	Scenario  Scenario   // what to run
	BuiltIn   []Scenario // the scenarios that have names, to tell whether a run is one of them unchanged
	Overrides []Override // later ones win

	// Now is what start_time = "now" means, cut to a whole second; the default's where it is zero. The run of one file
	// is another then each time.
	Now time.Time

	// Chance is what a run's faults are drawn by, if they are.
	Chance Chance
}

// Chance draws a part of a config by the seed. What it draws is text, so that it can be shown and is read as strictly
// as all else.
type Chance interface {
	// Before is what the command line can still change: it is read after the scenario and before that.
	Before(seed uint64) Scenario

	// After is the [[fault]] and the [[link]] that are drawn for a config: they are added to those that it has.
	After(c *Config) Scenario

	// Own is the whole config of a run that is drawn, by its scenario's name and its seed; false if nothing of that
	// name is drawn.
	Own(scenario string, seed uint64) (Scenario, bool)
}

// source is the text of a scenario.
func (s Scenario) source() *positions.Source {
	return &positions.Source{Name: s.File, Text: string(s.Text)}
}

// Protocol is the protocol that is asked for, whatever else is wrong with the request.
func (request *Request) Protocol() *whole.Protocol {
	return request.reader("protocol").schema.row
}

// reader is one that reads what is asked for, under the protocol that is.
func (request *Request) reader(scenario string) *reader {
	r := newReader(scenario, unnamed())
	sources := []*positions.Source{request.Scenario.source()}
	for i, o := range request.Overrides {
		if src, wrong := o.source(i + 1); wrong == "" && o.kind == "" {
			sources = append(sources, src)
		}
	}
	r.choose(sources...)
	return r
}

// Seed is the seed that is asked for, whatever else is wrong with the request.
func (request *Request) Seed() uint64 {
	r := request.reader("seed")
	r.document(request.Scenario.source())
	for i, o := range request.Overrides {
		if o.kind == "" {
			r.override(o, i+1)
		}
	}
	return r.config.Seed
}

// Resolved is the complete config of a run, which knows where its faults and expectations were given.
type Resolved struct {
	*Config
	faults  []placedFault
	expects []keys.Row[Expect]
	named   bool // the scenario has a name by which the program knows what it says
}

// FaultDiagnostic says what is wrong with one of Faults, at its place: that it cannot be done, or that no message has
// its id.
func (r *Resolved) FaultDiagnostic(i int, format string, args ...any) positions.Diagnostic {
	return r.faults[i].Origin.Diagnostic(fmt.Sprintf(format, args...))
}

// Drawn says whether one of Faults was drawn by chance: nobody wrote it.
func (r *Resolved) Drawn(i int) bool { return r.faults[i].drawn }

// ExpectDiagnostic says what is wrong with one of Expects, at its place.
func (r *Resolved) ExpectDiagnostic(i int, format string, args ...any) positions.Diagnostic {
	return r.expects[i].Origin.Diagnostic(fmt.Sprintf(format, args...))
}

// Resolve puts together the config of a run: the defaults, what the scenario says, and what the command line changes.
// The error is Diagnostics.
//
// A run counts as changed, and gets the hash into its Name, when it differs from its scenario's own config in more
// than the seed. The scenario's own config is the built-in one of that name when there is one, wherever the request's
// text comes from. Otherwise it is the text of the request without the overrides: a user's file is a scenario of its
// own. Its runs keep note of it in `changed`, because a run.toml tells the scenario's name and not what its file
// said.
func Resolve(request Request) (*Resolved, error) {
	scenario := request.Scenario
	named := scenario.Name
	if named == "" {
		named = fileScenario(scenario.File)
	}
	r := request.reader(named)
	if !request.Now.IsZero() {
		r.Now = request.Now.UTC().Truncate(time.Second)
	}
	r.document(scenario.source())
	own := r.snapshot()
	if request.Chance != nil {
		before := request.Chance.Before(request.Seed())
		r.document(before.source())
	}
	r.overrides(request.Overrides, false)
	if request.Chance != nil {
		r.adding = true
		after := request.Chance.After(r.snapshot())
		r.document(after.source())
	}
	r.overrides(request.Overrides, true) // counterfactuals come last, so that `-set fault=[…]` does not take them away
	r.crossCheck()
	c, err := r.finish()
	if err != nil {
		return nil, err
	}
	reference := own
	c.Changed = c.Changed || chosen(scenario.source()).protocol != r.schema.row
	builtIn, known := request.own(c)
	if known {
		src := builtIn.source()
		r := newReader(c.Scenario, unnamed())
		r.choose(src)
		r.document(src)
		if reference, err = r.finish(); err != nil {
			return nil, err
		}
		c.Changed = false
	}
	c.Changed = c.Changed || !c.equalBut(reference)
	return &Resolved{Config: c, faults: r.placedFaults, expects: r.placedExpects, named: known}, nil
}

// own is the text that the scenario of a config has by itself, if it is one that has a name.
func (request *Request) own(c *Config) (Scenario, bool) {
	if i := slices.IndexFunc(request.BuiltIn, func(s Scenario) bool { return s.Name == c.Scenario }); i >= 0 {
		return request.BuiltIn[i], true
	}
	if request.Chance == nil {
		return Scenario{}, false
	}
	return request.Chance.Own(c.Scenario, c.Seed)
}

// overrides takes over the changes that are counterfactuals, or those that are not.
func (r *reader) overrides(all []Override, counterfactual bool) {
	for i, o := range all {
		if (o.kind != "") == counterfactual {
			r.override(o, i+1)
		}
	}
}

// assignment is the left side of key=value. No key of ours needs quotes.
var assignment = regexp.MustCompile(`^\s*[\w-]+(\.[\w-]+)*\s*=`)

// override takes over one change.
func (r *reader) override(o Override, order int) {
	if o.kind != "" {
		r.counterfactual(o, order)
		return
	}
	src, wrong := o.source(order)
	if wrong != "" {
		r.ComplainAt(positions.Origin{Source: src, Span: positions.Span{End: len(o.given)}}, "%s", wrong)
		return
	}
	r.document(src)
}

// source is a change that is no counterfactual, as the text of a config; or what is wrong with it.
func (o Override) source(order int) (src *positions.Source, wrong string) {
	if o.key == "" && (!assignment.MatchString(o.given) || strings.ContainsAny(o.given, "\r\n")) {
		return &positions.Source{Name: o.flag, Text: o.given, Order: order, Flag: true},
			"want key=value on one line, such as raft.max_entries=1"
	}
	prefix, text := "", o.given
	if o.key != "" {
		prefix = o.key + "="
		text = prefix + o.given
	}
	src = &positions.Source{Name: o.flag, Text: text, Order: order, Flag: true, Hidden: len(prefix)}
	if _, _, wrong := positions.Decode(src); o.plain || wrong != nil && !digits.MatchString(text) {
		return bareString(src), ""
	}
	return src, ""
}

// digits ends an assignment whose value was meant as a number, so that it is not taken for a string when it is too
// large for one.
var digits = regexp.MustCompile(`=\s*[+-]?[0-9]+\s*$`)

// bareString is the source with its value in quotes, which are hidden from whoever reads a diagnostic.
func bareString(src *positions.Source) *positions.Source {
	key, value, _ := strings.Cut(src.Text, "=")
	trimmed := strings.TrimSpace(value)
	blank := value[:strings.Index(value, trimmed)]
	quoted := *src
	quoted.Text = key + "=" + blank + positions.Quote(trimmed)
	quoted.Given = src.Text[src.Hidden:]
	return &quoted
}

// counterfactual takes over one message's.
func (r *reader) counterfactual(o Override, order int) {
	r.Source = &positions.Source{Name: o.flag, Text: o.given, Order: order, Flag: true}
	id, by, hasBy := strings.Cut(o.given, "=")
	place := func(start, end int) *positions.Place {
		return &positions.Place{Value: positions.Span{Start: start, End: end}}
	}
	before, takesBy, all := len(r.Problems), o.kind.row().takesBy, place(0, len(o.given))
	f := placedFault{Row: keys.Row[Fault]{Origin: r.Origin(place(0, len(id)).Value)}}
	r.schema.targetKey(o.kind).Read(&f.Value,
		keys.Given{Reader: &r.Reader, Key: string(o.kind), Value: id, Place: place(0, len(id))})
	switch {
	case takesBy && !hasBy:
		r.Complain(all.Value, "want SPANID=DURATION, such as 00f067aa0ba902b7=40ms")
	case takesBy:
		time := keys.Given{Reader: &r.Reader, Key: "the time", Value: by, Place: place(len(id)+1, len(o.given))}
		amount(o.kind).Take(time, &f.Value.By)
	case hasBy:
		r.Complain(place(len(id), len(o.given)).Value, "want a span id alone: only a delay takes a duration")
	}
	if len(r.Problems) == before {
		r.addFault(f)
	}
}
