package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/config"
)

// options are what the command line asks for.
type options struct {
	scenario  string // the name of one, or a file
	overrides []config.Override
	name      string // of the run's folder; empty for the one that the config gives it
	out       string // where the folders of runs are
	files     fileSet
	quiet     bool
	stdout    bool
	otlp      string // where to push to, too; empty leaves it to the environment
	shrink    bool
	list      bool
}

// fileSet says which files are written, besides run.toml.
type fileSet struct{ otlp, stdouttrace, story bool }

// errHelp is what parseFlags returns when the usage was asked for.
var errHelp = errors.New("the usage was asked for")

// commandFlag is a flag: what it is called, what it takes, and what it does.
type commandFlag struct {
	name  string
	takes string // what the value is, for people; empty for a flag that takes none
	help  string
	set   func(o *options, value string) (wrong []error)
}

// flagGroup is a part of the usage.
type flagGroup struct {
	title string
	flags []commandFlag
}

// override is the set of a flag that changes the config. What is wrong with the change by itself is said at once.
func override(change func(value string) config.Override) func(*options, string) []error {
	return func(o *options, value string) []error {
		c := change(value)
		o.overrides = append(o.overrides, c)
		if err := c.Check(); err != nil {
			return []error{err}
		}
		return nil
	}
}

func key(flag, key string) func(*options, string) []error {
	return override(func(value string) config.Override { return config.SetKey(flag, key, value) })
}

func fault(flag string, kind config.FaultKind) func(*options, string) []error {
	return override(func(value string) config.Override { return config.AddFault(flag, kind, value) })
}

// flagGroups are all the flags.
func flagGroups() []flagGroup {
	return []flagGroup{
		{"What is run", []commandFlag{
			{"seed", "N", "what chance depends on: the same seed is the same run, to the byte", key("-seed", "seed")},
			{"nodes", "N", "how many nodes there are", key("-nodes", "num_nodes")},
			{"clients", "N", "how many clients there are", key("-clients", "num_clients")},
			{"requests", "N", "how many requests each client sends", key("-requests", "requests_per_client")},
			{
				"set", "KEY=VALUE", "give any key of the config a value, as in -set raft.max_entries=1; may be repeated, and the last one wins; cmd/run/config.toml shows all keys",
				override(func(value string) config.Override { return config.Set("-set", value) }),
			},
		}},
		{"What if", []commandFlag{
			{"drop", "SPANID", "the message that this span sends does not arrive; of a server's span it is the reply; may be repeated, as the next two", fault("-drop", config.Drop)},
			{"delay", "SPANID=DURATION", "it arrives this much later, as in -delay 00f067aa0ba902b7=40ms", fault("-delay", config.Delay)},
			{"duplicate", "SPANID", "it arrives twice", fault("-duplicate", config.Duplicate)},
			{
				"bug", "NAME", "build one of the bugs below in, on purpose",
				override(func(value string) config.Override { return config.SetString("-bug", "bug", value) }),
			},
		}},
		{"What comes out", []commandFlag{
			{
				"shrink", "", "when an invariant does not hold, cut the run down to the faults and operations that it takes, and write that beside it: shrunk.toml and shrunk.txt",
				func(o *options, v string) []error { return setBool("-shrink", &o.shrink, v) },
			},
			{"name", "NAME", "what the run's folder is called; by default SCENARIO-SEED, with a hash behind it when more than the seed was changed", setName},
			{"out", "DIR", "where the folder goes; by default " + filepath.Join("traces", "runs"), setOut},
			{"files", "LIST", "which files to write, of " + strings.Join(fileNames, ",") + "; by default all, and run.toml in any case", setFiles},
			{"otlp", "URL", "push the spans to a receiver, too, as in -otlp http://localhost:4318; OTEL_EXPORTER_OTLP_ENDPOINT says the same", setOTLP},
			{"stdout", "", "print the spans as JSON lines on standard output, and nothing else there", func(o *options, v string) []error { return setBool("-stdout", &o.stdout, v) }},
			{"quiet", "", "print nothing on standard output; what goes wrong is still said on standard error", func(o *options, v string) []error { return setBool("-quiet", &o.quiet, v) }},
		}},
		{"Instead of a run", []commandFlag{
			{"list", "", "show the scenarios", func(o *options, v string) []error { return setBool("-list", &o.list, v) }},
			{"h", "", "show this", nil},
		}},
	}
}

// parseFlags reads the command line: flags in any place, and a scenario or a file among them. The error is errHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	p := parser{
		options: options{scenario: defaultScenario, out: filepath.Join("traces", "runs"), files: fileSet{true, true, true}},
		flags:   make(map[string]commandFlag),
	}
	for _, group := range flagGroups() {
		for _, f := range group.flags {
			p.flags[f.name] = f
			p.names = append(p.names, "-"+f.name)
		}
	}
	if slices.ContainsFunc(args[:flagsEnd(args)], isHelp) {
		return options{}, errHelp
	}
	p.parse(args)
	if p.quiet && p.stdout {
		p.wrong = append(p.wrong, errors.New("-quiet and -stdout contradict each other: nothing on standard output, and the spans there"))
	}
	return p.options, errors.Join(p.wrong...)
}

// flagsEnd is where no flags follow any more: behind "--".
func flagsEnd(args []string) int {
	if i := slices.Index(args, "--"); i >= 0 {
		return i
	}
	return len(args)
}

func isHelp(arg string) bool { return slices.Contains([]string{"-h", "--h", "-help", "--help"}, arg) }

// parser goes through the arguments and collects what is wrong.
type parser struct {
	options

	flags map[string]commandFlag
	names []string // of the flags, in the order of the usage
	wrong []error
}

func (p *parser) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf(format, args...))
}

func (p *parser) parse(args []string) {
	end := flagsEnd(args)
	var scenarios []string
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case i == end:
		case i < end && len(arg) > 1 && arg[0] == '-':
			i += p.flag(arg, args[i+1:end])
		default:
			scenarios = append(scenarios, arg)
		}
	}
	switch len(scenarios) {
	case 0:
	case 1:
		p.scenario = scenarios[0]
		if _, err := findScenario(p.scenario); err != nil && !isFile(p.scenario) {
			p.wrong = append(p.wrong, err)
		}
	default:
		p.complain("one scenario or file can be run at a time, not %s", strings.Join(scenarios, " and "))
	}
}

// flag reads one flag, and returns how many of the arguments that follow belong to it.
func (p *parser) flag(arg string, rest []string) (taken int) {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	f, ok := p.flags[name]
	if !ok {
		nearest := config.Nearest("-"+name, p.names)
		p.complain("unknown flag -%s; the nearest is %s, and -h shows all", name, nearest)
		// What follows is most likely meant for the flag that was meant.
		if !hasValue && p.flags[nearest[1:]].takes != "" && len(rest) > 0 && !p.isArgument(rest[0]) {
			return 1
		}
		return 0
	}
	if f.takes == "" {
		if !hasValue {
			value = "true"
		}
	} else if !hasValue {
		if len(rest) == 0 || p.isFlag(rest[0]) {
			p.complain("-%s needs a value: -%s %s", name, name, f.takes)
			return 0
		}
		value, taken = rest[0], 1
	}
	p.wrong = append(p.wrong, f.set(&p.options, value)...)
	return taken
}

// isFlag says whether an argument is a flag that there is.
func (p *parser) isFlag(arg string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
	_, ok := p.flags[name]
	return ok && strings.HasPrefix(arg, "-")
}

// isArgument says whether an argument is surely not the value of a flag.
func (p *parser) isArgument(arg string) bool {
	_, err := findScenario(arg)
	return strings.HasPrefix(arg, "-") || isFile(arg) || err == nil
}

// one is a list of one thing that is wrong.
func one(format string, args ...any) []error { return []error{fmt.Errorf(format, args...)} }

func setBool(flag string, field *bool, value string) []error {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return one("%s takes no value, or true or false, not %q", flag, value)
	}
	*field = b
	return nil
}

// setName takes the name of a folder: one that is inside its parent on every system.
func setName(o *options, value string) []error {
	const longest = 200
	switch {
	case value == "":
		return one("-name must not be empty")
	case len(value) > longest:
		return one("-name must be at most %d bytes long", longest)
	case strings.ContainsAny(value, `/\:`):
		return one("-name %q cannot hold /, \\ or :, because it names one folder; -out says where that goes", value)
	case strings.ContainsFunc(value, unicode.IsControl) || !filepath.IsLocal(value) || value[0] == '.':
		return one("-name %q cannot be the name of a folder", value)
	}
	o.name = value
	return nil
}

func setOut(o *options, value string) []error {
	if value == "" {
		return one("-out must not be empty; . is the folder that you are in")
	}
	o.out = value
	return nil
}

var fileNames = []string{"otlp", "stdouttrace", "story"}

func setFiles(o *options, value string) (wrong []error) {
	var set fileSet
	for file := range strings.SplitSeq(value, ",") {
		switch file = strings.TrimSpace(file); file {
		case "otlp":
			set.otlp = true
		case "stdouttrace":
			set.stdouttrace = true
		case "story":
			set.story = true
		case "":
			wrong = append(wrong, one("-files wants a list such as %s, without gaps, not %q", strings.Join(fileNames, ","), value)...)
		default:
			wrong = append(wrong, one("-files knows no file %q; the nearest is %q", file, config.Nearest(file, fileNames))...)
		}
	}
	o.files = set
	return wrong
}

func setOTLP(o *options, value string) []error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return one("-otlp wants a URL such as http://localhost:4318, not %q", value)
	}
	o.otlp = value
	return nil
}
