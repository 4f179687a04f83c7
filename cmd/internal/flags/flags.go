// Package flags reads command lines: flags in any place, what else there is among them, and all that is wrong at once.
package flags

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/traces/words"
)

// Flag is a flag of a command with these options: what it is called, what it takes, and what it does.
type Flag[Options any] struct {
	Name  string
	Takes string // what the value is, for people; empty for a flag that takes none
	Help  string
	Set   func(o *Options, value string) (wrong []error)

	// Instead makes this no flag, but what people take for one: it says what to write in its place, and the usage does not
	// have it.
	Instead func(value string) string
}

// Group is a part of the usage.
type Group[Options any] struct {
	Title  string
	Flags  []Flag[Options]
	Values [][2]string // of a flag: what they are called, and what they do
}

// ErrHelp is what Parse returns when the usage was asked for.
var ErrHelp = errors.New("the usage was asked for")

// Parse reads a command line, and returns what is no flag in it. Is says whether an argument is surely not the value of
// a flag. The error is ErrHelp, or all that is wrong.
func Parse[Options any](args []string, o *Options, groups []Group[Options],
	is func(argument string) bool,
) (arguments []string, err error) {
	p := parser[Options]{options: o, flags: make(map[string]Flag[Options]), is: is}
	for _, group := range groups {
		for _, f := range group.Flags {
			p.flags[f.Name] = f
			p.names = append(p.names, "-"+f.Name)
		}
	}
	if slices.ContainsFunc(args[:end(args)], isHelp) {
		return nil, ErrHelp
	}
	arguments = p.parse(p.shown(args))
	return arguments, errors.Join(p.wrong...)
}

// shown are arguments as they can be shown. One with a character that is not seen is refused, whatever it names:
// whoever is told of it could not copy it, and the terminal might take it for a command. What is given with -set has
// its own rule.
func (p *parser[Options]) shown(args []string) []string {
	shown := slices.Clone(args)
	for i, arg := range args {
		if strings.HasPrefix(strings.TrimLeft(arg, "-"), "set=") || i > 0 && strings.TrimLeft(args[i-1], "-") == "set" {
			continue
		}
		if quoted := words.Printable(arg); quoted != arg {
			p.complain("the argument %s holds a character that is not seen: a file or a run needs another name", quoted)
			shown[i] = strings.Map(func(r rune) rune {
				if unicode.IsPrint(r) {
					return r
				}
				return unicode.ReplacementChar
			}, arg)
		}
	}
	return shown
}

// Failed is the status of a command whose line Parse did not read: the usage is printed if it was asked for, or else
// what is wrong.
func Failed(err error, usage func(io.Writer) error, stdout, stderr io.Writer) int {
	if errors.Is(err, ErrHelp) {
		return command.Printed(usage(stdout), stderr)
	}
	return command.Failed(stderr, err)
}

// end is where no flags follow any more: behind "--".
func end(args []string) int {
	if i := slices.Index(args, "--"); i >= 0 {
		return i
	}
	return len(args)
}

func isHelp(arg string) bool { return slices.Contains([]string{"-h", "--h", "-help", "--help"}, arg) }

// parser goes through the arguments and collects what is wrong.
type parser[Options any] struct {
	options *Options
	flags   map[string]Flag[Options]
	names   []string // of the flags, in the order of the usage
	is      func(argument string) bool
	wrong   []error
}

func (p *parser[Options]) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf(format, args...))
}

func (p *parser[Options]) parse(args []string) (arguments []string) {
	end := end(args)
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case i == end:
		case i < end && len(arg) > 1 && arg[0] == '-':
			i += p.flag(arg, args[i+1:end])
		default:
			arguments = append(arguments, arg)
		}
	}
	return arguments
}

// flag reads one flag, and returns how many of the arguments that follow belong to it.
func (p *parser[Options]) flag(arg string, rest []string) (taken int) {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	f, ok := p.flags[name]
	if !ok || f.Instead != nil {
		return p.unknown(name, value, hasValue, rest)
	}
	if f.Takes == "" {
		if !hasValue {
			value = "true"
		}
	} else if !hasValue {
		if len(rest) == 0 || p.isFlag(rest[0]) {
			p.complain("-%s needs a value: -%s %s", name, name, f.Takes)
			return 0
		}
		value, taken = rest[0], 1
	}
	p.wrong = append(p.wrong, f.Set(p.options, value)...)
	return taken
}

// unknown says of a flag that there is none of that name, and which one is most likely meant. It returns how many of
// the arguments that follow belong to it.
func (p *parser[Options]) unknown(name, value string, hasValue bool, rest []string) (taken int) {
	nearest := nearest.Name("-"+name, p.names)
	meant := p.flags[nearest[1:]]
	// What follows is most likely meant for the flag that was meant.
	if !hasValue && meant.Takes != "" && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") &&
		(meant.Instead != nil || !p.is(rest[0])) {
		value, taken = rest[0], 1
	}
	if meant.Instead != nil {
		p.complain("unknown flag -%s: %s", name, meant.Instead(value))
	} else {
		p.complain("unknown flag -%s; the nearest is %s, and -h shows all", name, nearest)
	}
	return taken
}

// isFlag says whether an argument is a flag that there is.
func (p *parser[Options]) isFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	_, ok := p.flags[name]
	return ok && strings.HasPrefix(arg, "-")
}

// Wrong is a list of one thing that is wrong.
func Wrong(format string, args ...any) []error { return []error{fmt.Errorf(format, args...)} }

// SetBool takes the value of a flag that need not be given one.
func SetBool(flag string, field *bool, value string) []error {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return Wrong("%s takes no value, or true or false, not %q", flag, value)
	}
	*field = b
	return nil
}

// SetProfile takes the name of a profile of faults.
func SetProfile(field *string, value string) []error {
	if _, err := profile.Find(value); err != nil {
		return Wrong("-faults: %w", err)
	}
	*field = value
	return nil
}

// Override takes over a change of the config. What is wrong with it by itself is said at once.
func Override(overrides *[]config.Override, change config.Override) []error {
	*overrides = append(*overrides, change)
	if err := change.Check(); err != nil {
		return []error{err}
	}
	return nil
}

// Usage prints how a command is called: the flags, between two texts.
func Usage[Options any](w io.Writer, before string, groups []Group[Options], after string) error {
	const widest = 140
	style := terminal.StyleOf(w)
	left := 0
	for _, group := range groups {
		for _, f := range group.shown() {
			left = max(left, terminal.Length(f.usage()))
		}
	}
	var b strings.Builder
	b.WriteString(before)
	for _, group := range groups {
		var rows [][2]string
		for _, f := range group.shown() {
			rows = append(rows, [2]string{f.usage(), f.Help})
		}
		left := left
		for _, value := range group.Values {
			rows = append(rows, [2]string{"  " + value[0], value[1]})
			left = max(left, terminal.Length(rows[len(rows)-1][0]))
		}
		if len(rows) > 0 {
			b.WriteString("\n" + style.Bold(group.Title) + "\n" + terminal.LayOut(rows, left, min(widest, terminal.Width(w))))
		}
	}
	b.WriteString(after)
	_, err := io.WriteString(w, command.Said(b.String()))
	return err
}

// shown are the flags that there are.
func (g *Group[Options]) shown() []Flag[Options] {
	return slices.DeleteFunc(slices.Clone(g.Flags), func(f Flag[Options]) bool { return f.Instead != nil })
}

// usage is the flag as it is called.
func (f Flag[Options]) usage() string { return strings.TrimRight("  -"+f.Name+" "+f.Takes, " ") }

// Bugs are the bugs that -bug can build in, a group for each protocol.
func Bugs[Options any]() (groups []Group[Options]) {
	for _, p := range protocols.All {
		g := Group[Options]{Title: "Bugs to build in, each known from implementations"}
		if p != protocols.Usual() {
			g.Title = "Bugs to build in with -protocol " + p.Run.Name
		}
		for _, bug := range p.Run.Bugs {
			g.Values = append(g.Values, [2]string{bug.Name, bug.Doc + " Caught by " + CaughtBy(bug) + "."})
		}
		groups = append(groups, g)
	}
	return groups
}

// Protocol is the flag that names the protocol, given what it does.
func Protocol[Options any](set func(o *Options, value string) []error) Flag[Options] {
	return Flag[Options]{
		Name: "protocol", Takes: "NAME", Help: "what replicates the store, of " + strings.Join(protocols.Names(), ", ") +
			"; without a scenario that protocol's own is run", Set: set,
	}
}

// Scenario is what people take for a flag of a command that takes a scenario, or a file, and needs none for it.
func Scenario[Options any](call string) Group[Options] {
	var names []string
	for _, s := range library.BuiltIn() {
		names = append(names, s.Name)
	}
	instead := func(value string) string {
		if !library.Is(value) {
			value = cmp.Or(nearest.Near(value, names), names[len(names)-1])
		}
		return "a scenario needs no flag, nor does a file: this runs one, and -list shows all\n  " + call + " " +
			command.ShellWord(value)
	}
	return Group[Options]{Flags: []Flag[Options]{
		{Name: "scenario", Takes: "NAME", Instead: instead},
		{Name: "config", Takes: "FILE", Instead: instead},
	}}
}

// CaughtBy are the invariants that catch a bug, by name.
func CaughtBy(bug run.Bug) string {
	return strings.Join(bug.CaughtBy, ", ")
}
