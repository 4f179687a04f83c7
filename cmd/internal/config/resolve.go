package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Scenario is the text of a config and what it is called.
type Scenario struct {
	Name string // of one that is built in; empty for a file of the user's, which is named after itself unless it says its name
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

// Set is a change of any key: -set raft.max_entries=1. The value is TOML, or a string without its quotes when it is no TOML.
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
	r := newReader("check")
	r.override(o, 1)
	_, err := r.finish()
	return err
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

// Chance draws a part of a config by the seed. What it draws is text, so that it can be shown and is read as strictly as all else.
type Chance interface {
	// Before is what the command line can still change: it is read after the scenario and before that.
	Before(seed uint64) Scenario

	// After is the [[fault]] and the [[link]] that are drawn for a config: they are added to those that it has.
	After(c *Config) Scenario

	// Own is the whole config of a run that is drawn, by its scenario's name and its seed; false if nothing of that name is drawn.
	Own(scenario string, seed uint64) (Scenario, bool)
}

// Seed is the seed that is asked for, whatever else is wrong with the request.
func (request *Request) Seed() uint64 {
	r := newReader("seed")
	r.document(&source{name: request.Scenario.File, text: string(request.Scenario.Text)})
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
	expects []placed[Expect]
	named   bool // the scenario has a name by which the program knows what it says
}

// FaultDiagnostic says what is wrong with one of Faults, at its place: that it cannot be done, or that no message has its id.
func (r *Resolved) FaultDiagnostic(i int, format string, args ...any) Diagnostic {
	return r.faults[i].origin.diagnostic(fmt.Sprintf(format, args...))
}

// Drawn says whether one of Faults was drawn by chance: nobody wrote it.
func (r *Resolved) Drawn(i int) bool { return r.faults[i].drawn }

// ExpectDiagnostic says what is wrong with one of Expects, at its place.
func (r *Resolved) ExpectDiagnostic(i int, format string, args ...any) Diagnostic {
	return r.expects[i].origin.diagnostic(fmt.Sprintf(format, args...))
}

// Resolve puts together the config of a run: the defaults, what the scenario says, and what the command line changes. The error is Diagnostics.
//
// A run counts as changed, and gets the hash into its Name, when it differs from its scenario's own config in more than the seed. The scenario's own config is
// the built-in one of that name when there is one, wherever the request's text comes from. Otherwise it is the text of the request without the overrides:
// a user's file is a scenario of its own. Its runs keep note of it in `changed`, because a run.toml tells the scenario's name and not what its file said.
func Resolve(request Request) (*Resolved, error) {
	scenario := request.Scenario
	named := scenario.Name
	if named == "" {
		named = fileScenario(scenario.File)
	}
	r := newReader(named)
	if !request.Now.IsZero() {
		r.now = request.Now.UTC().Truncate(time.Second)
	}
	r.document(&source{name: scenario.File, text: string(scenario.Text)})
	own := r.snapshot()
	if request.Chance != nil {
		before := request.Chance.Before(request.Seed())
		r.document(&source{name: before.File, text: string(before.Text)})
	}
	r.overrides(request.Overrides, false)
	if request.Chance != nil {
		r.adding = true
		after := request.Chance.After(r.snapshot())
		r.document(&source{name: after.File, text: string(after.Text)})
	}
	r.overrides(request.Overrides, true) // counterfactuals come last, so that `-set fault=[…]` does not take them away
	r.crossCheck()
	c, err := r.finish()
	if err != nil {
		return nil, err
	}
	reference := own
	builtIn, known := request.own(c)
	if known {
		r := newReader(c.Scenario)
		r.document(&source{name: builtIn.File, text: string(builtIn.Text)})
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
	switch {
	case o.kind != "":
		r.counterfactual(o, order)
		return
	case o.key == "" && (!assignment.MatchString(o.given) || strings.ContainsAny(o.given, "\r\n")):
		src := &source{name: o.flag, text: o.given, order: order, flag: true}
		r.complainAt(origin{src, span{0, len(o.given)}}, "want key=value on one line, such as raft.max_entries=1")
		return
	}
	prefix, text := "", o.given
	if o.key != "" {
		prefix = o.key + "="
		text = prefix + o.given
	}
	src := &source{name: o.flag, text: text, order: order, flag: true, hidden: len(prefix)}
	if _, _, wrong := decode(src); o.plain || wrong != nil && !digits.MatchString(text) {
		src = bareString(src)
	}
	r.document(src)
}

// digits ends an assignment whose value was meant as a number, so that it is not taken for a string when it is too large for one.
var digits = regexp.MustCompile(`=\s*[+-]?[0-9]+\s*$`)

// bareString is the source with its value in quotes, which are hidden from whoever reads a diagnostic.
func bareString(src *source) *source {
	key, value, _ := strings.Cut(src.text, "=")
	trimmed := strings.TrimSpace(value)
	blank := value[:strings.Index(value, trimmed)]
	quoted := *src
	quoted.text = key + "=" + blank + quote(trimmed)
	quoted.given = src.text[src.hidden:]
	return &quoted
}

// counterfactual takes over one message's.
func (r *reader) counterfactual(o Override, order int) {
	r.source = &source{name: o.flag, text: o.given, order: order, flag: true}
	id, by, hasBy := strings.Cut(o.given, "=")
	f := placedFault{Fault: Fault{Kind: o.kind}, origin: r.origin(span{0, len(id)})}
	before := len(r.problems)
	r.faultTarget(&f, id, &place{value: f.origin.span})
	switch {
	case o.kind.row().takesBy && !hasBy:
		r.complain(span{0, len(o.given)}, "want SPANID=DURATION, such as 00f067aa0ba902b7=40ms")
	case o.kind.row().takesBy:
		r.faultBy(&f, "the time", by, r.origin(span{len(id) + 1, len(o.given)}))
	case hasBy:
		r.complain(span{len(id), len(o.given)}, "want a span id alone: only a delay takes a duration")
	}
	if len(r.problems) == before {
		r.addFault(f)
	}
}
