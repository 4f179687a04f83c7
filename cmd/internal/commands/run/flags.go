package run

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/telling"
)

// options are what the command line asks for.
type options struct {
	scenario  string // the name of one, or a file; empty for the usual, or when a profile of faults draws all of the run
	faults    string // the profile that has things go wrong; empty for none
	overrides []config.Override
	name      string // of the run's folder; empty for the one that the config gives it
	out       string // where the folders of runs are
	files     fileSet
	quiet     bool
	stdout    bool
	json      bool
	otlp      string // where to push to, too; empty leaves it to the environment
	shrink    bool
	html      bool // write the page that shows the run, too
	list      bool
	part      telling.Part // of the story that is printed
}

// fileSet says which files are written, besides run.toml.
type fileSet struct{ otlp, stdouttrace, story bool }

// override is the set of a flag that changes the config.
func override(change func(value string) config.Override) func(*options, string) []error {
	return func(o *options, value string) []error { return flags.Override(&o.overrides, change(value)) }
}

func key(flag, key string) func(*options, string) []error {
	return override(func(value string) config.Override { return config.SetKey(flag, key, value) })
}

func fault(flag string, kind config.FaultKind) func(*options, string) []error {
	return override(func(value string) config.Override { return config.AddFault(flag, kind, value) })
}

// countFlags are the flags that say how many servers there are of each kind.
func countFlags() (all []flags.Flag[options]) {
	for _, p := range protocols.All {
		for _, party := range p.Run.Parties {
			name := strings.TrimPrefix(party.Key, "num_")
			if slices.ContainsFunc(all, func(f flags.Flag[options]) bool { return f.Name == name }) {
				continue
			}
			all = append(all, flags.Flag[options]{
				Name: name, Takes: "N", Help: fmt.Sprintf("how many %s there are", name), Set: key("-"+name, party.Key),
			})
		}
	}
	return all
}

// flagGroups are all the flags.
func flagGroups() []flags.Group[options] {
	return slices.Concat([]flags.Group[options]{
		{Title: "What is run", Flags: slices.Concat([]flags.Flag[options]{
			flags.Protocol(override(func(value string) config.Override {
				return config.SetString("-protocol", "protocol", value)
			})),
			{
				Name: "seed", Takes: "N", Help: "what chance depends on: the same seed is the same run, to the byte",
				Set: key("-seed", "seed"),
			},
		}, countFlags(), []flags.Flag[options]{
			{Name: "clients", Takes: "N", Help: "how many clients there are", Set: key("-clients", "num_clients")},
			{
				Name: "requests", Takes: "N", Help: "how many requests each client sends",
				Set: key("-requests", "requests_per_client"),
			},
			{
				Name: "set", Takes: "KEY=VALUE", Help: "give any key of the config a value, as in -set raft.max_entries=1; may " +
					"be repeated, and the last one wins; cmd/run/config.toml shows all keys",
				Set: override(func(value string) config.Override { return config.Set("-set", value) }),
			},
		})},
		{Title: "What if", Flags: []flags.Flag[options]{
			{
				Name: "faults", Takes: "PROFILE", Help: "have things go wrong, as the seed draws them from a profile; -list " +
					"shows all. Without a scenario it draws the cluster, too",
				Set: func(o *options, v string) []error { return flags.SetProfile(&o.faults, v) },
			},
			{Name: "drop", Takes: "SPANID", Help: "the message that this span sends does not arrive; of a server's span it is " +
				"the reply; may be repeated, as the next two", Set: fault("-drop", config.Drop)},
			{
				Name: "delay", Takes: "SPANID=DURATION", Help: "it arrives this much later, as in -delay 00f067aa0ba902b7=40ms",
				Set: fault("-delay", config.Delay),
			},
			{Name: "duplicate", Takes: "SPANID", Help: "it arrives twice", Set: fault("-duplicate", config.Duplicate)},
			{
				Name: "bug", Takes: "NAME", Help: "build one of the bugs below in, on purpose",
				Set: override(func(value string) config.Override { return config.SetString("-bug", "bug", value) }),
			},
		}},
		{
			Title: "What is told of the story; story.txt has all of it",
			Flags: telling.Flags(func(o *options) *telling.Part { return &o.part }),
		},
		outputFlags(),
		{Title: "Instead of a run", Flags: []flags.Flag[options]{
			{
				Name: "list", Help: "show the scenarios and the profiles of faults",
				Set: func(o *options, v string) []error { return flags.SetBool("-list", &o.list, v) },
			},
			{Name: "h", Help: "show this"},
		}},
	}, flags.Bugs[options](), []flags.Group[options]{flags.Scenario[options](command.Line("run"))})
}

// outputFlags are those that say what comes out of a run.
func outputFlags() flags.Group[options] {
	return flags.Group[options]{Title: "What comes out", Flags: []flags.Flag[options]{
		{
			Name: "shrink", Help: "when an invariant does not hold, cut the run down to the faults and operations that it " +
				"takes, and write that beside it: shrunk.toml and shrunk.txt",
			Set: func(o *options, v string) []error { return flags.SetBool("-shrink", &o.shrink, v) },
		},
		{Name: "name", Takes: "NAME", Help: "what the run's folder is called; by default SCENARIO-SEED, with a hash " +
			"behind it when more than the seed was changed", Set: setName},
		{
			Name: "out", Takes: "DIR", Help: "where the folder goes; by default " + filepath.Join("traces", "runs"),
			Set: setOut,
		},
		{Name: "files", Takes: "LIST", Help: "which files to write, of " + strings.Join(fileNames, ",") +
			"; by default all, and run.toml in any case", Set: setFiles},
		{
			Name: "html", Help: "write the page that shows the run, too, into its folder: " + runs.PageFile,
			Set: func(o *options, v string) []error { return flags.SetBool("-html", &o.html, v) },
		},
		{
			Name: "otlp", Takes: "URL",
			Help: "push the spans to a receiver, too, as in -otlp http://localhost:4318; see Pushing, below", Set: setOTLP,
		},
		{
			Name: "stdout", Help: "print the spans as JSON lines on standard output, and nothing else there",
			Set: func(o *options, v string) []error { return flags.SetBool("-stdout", &o.stdout, v) },
		},
		{
			Name: "json",
			Help: "print what the summary tells as one JSON object, and nothing else on standard output; its fields are below",
			Set:  func(o *options, v string) []error { return flags.SetBool("-json", &o.json, v) },
		},
		{
			Name: "quiet", Help: "print nothing on standard output; what goes wrong is still said on standard error",
			Set: func(o *options, v string) []error { return flags.SetBool("-quiet", &o.quiet, v) },
		},
	}}
}

// parseFlags reads the command line: flags in any place, and a scenario or a file among them. The error is
// flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	o := options{out: defaultOut, files: fileSet{true, true, true}}
	arguments, wrong := flags.Parse(args, &o, flagGroups(), library.Is)
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	scenario, err := library.One(arguments, "")
	o.scenario = scenario
	var contradiction error
	if o.quiet && o.stdout {
		contradiction = errors.New("-quiet and -stdout contradict each other: nothing on standard output, and the spans " +
			"there")
	}
	if o.json && o.stdout {
		contradiction = errors.Join(contradiction,
			errors.New("-json and -stdout contradict each other: one object on standard output, and the spans there"))
	}
	if o.html && !o.files.otlp {
		contradiction = errors.Join(contradiction,
			errors.New("-html makes a page of the trace: -files has to have otlp in its list"))
	}
	return o, errors.Join(wrong, err, contradiction, o.part.Wrong(), o.untold())
}

// untold says that a part of the story is chosen, and none is told.
func (o *options) untold() error {
	for _, other := range []struct {
		name string
		is   bool
	}{{"-quiet", o.quiet}, {"-stdout", o.stdout}, {"-json", o.json}} {
		if o.part.Chosen() && other.is {
			return fmt.Errorf("-only, -from and -to choose what is told of the story, and with %s it is not told", other.name)
		}
	}
	return nil
}

// setName takes the name of a folder: one that is inside its parent on every system.
func setName(o *options, value string) []error {
	const longest = 200
	switch {
	case value == "":
		return flags.Wrong("-name must not be empty")
	case len(value) > longest:
		return flags.Wrong("-name must be at most %d bytes long", longest)
	case strings.ContainsAny(value, `/\:`):
		return flags.Wrong("-name %q cannot hold /, \\ or :, because it names one folder; -out says where that goes", value)
	case strings.ContainsFunc(value, unicode.IsControl) || !filepath.IsLocal(value) || value[0] == '.':
		return flags.Wrong("-name %q cannot be the name of a folder", value)
	}
	o.name = value
	return nil
}

func setOut(o *options, value string) []error {
	if value == "" {
		return flags.Wrong("-out must not be empty; . is the folder that you are in")
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
			wrong = append(wrong,
				flags.Wrong("-files wants a list such as %s, without gaps, not %q", strings.Join(fileNames, ","), value)...)
		default:
			wrong = append(wrong,
				flags.Wrong("-files knows no file %q; the nearest is %q", file, nearest.Name(file, fileNames))...)
		}
	}
	o.files = set
	return wrong
}

func setOTLP(o *options, value string) []error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return flags.Wrong("-otlp wants a URL such as http://localhost:4318, not %q", value)
	}
	o.otlp = value
	return nil
}
