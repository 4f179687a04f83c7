package sweep

import (
	"errors"
	"os"
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/profile"
)

// options are what the command line asks for.
type options struct {
	scenario  string // the name of one, or a file; empty when a profile of faults draws all of each run
	faults    string // the profile that has things go wrong; empty for none
	overrides []config.Override
	words     []string // the flags of cmd/run that make one of the runs, but for its seed
	seeds     seeds
	shard     shard
	shards    uint64 // how many there are, when the environment says which one this is
	keepGoing bool
	check     bool     // the traces, too, as cmd/check does
	find      []string // the keys of each [[expect]] that a run has to meet: the first that does is looked for
	demand    bool     // what should happen sometimes must have happened
	json      bool
	quiet     bool
	merge     bool
	files     []string // to be merged
	list      bool
}

// change is the set of a flag that cmd/run has, too, and that changes the config.
func change(flag string, override func(value string) config.Override) func(*options, string) []error {
	return func(o *options, value string) []error {
		o.words = append(o.words, flag, value)
		return flags.Override(&o.overrides, override(value))
	}
}

// flagGroups are all the flags.
func flagGroups() []flags.Group[options] {
	return slices.Concat([]flags.Group[options]{
		runFlags(),
		{Title: "On several machines", Flags: []flags.Flag[options]{
			{Name: "shard", Takes: "I/N", Help: "run only the I-th of N parts, as in -shard 2/8; goes on after a violation, " +
				"because no part knows what another one finds", Set: setShard},
			{Name: "shards", Takes: "N", Help: "the same, where " + completionIndex +
				" says which part: in an indexed job of Kubernetes", Set: setShards},
			{Name: "merge", Help: "run nothing: put together what the parts wrote with -json, given as FILE..., and print the " +
				"table that one machine gives", Set: func(o *options, v string) []error {
				return flags.SetBool("-merge", &o.merge, v)
			}},
		}},
		{Title: "What comes out", Flags: []flags.Flag[options]{
			{
				Name: "json", Help: "print one line of JSON instead of the table, violations and all",
				Set: func(o *options, v string) []error { return flags.SetBool("-json", &o.json, v) },
			},
			{
				Name: "quiet", Help: "print nothing on standard output; violations are still told on standard error",
				Set: func(o *options, v string) []error { return flags.SetBool("-quiet", &o.quiet, v) },
			},
		}},
		{Title: "Instead of a sweep", Flags: []flags.Flag[options]{
			{
				Name: "list", Help: "show the scenarios and the profiles of faults",
				Set: func(o *options, v string) []error { return flags.SetBool("-list", &o.list, v) },
			},
			{Name: "h", Help: "show this"},
		}},
	}, flags.Bugs[options](), []flags.Group[options]{flags.Scenario[options](command.Line("sweep"))})
}

// runFlags are those that say what is run.
func runFlags() flags.Group[options] {
	return flags.Group[options]{Title: "What is run", Flags: []flags.Flag[options]{
		{Name: "seeds", Takes: "A-B", Help: "which seeds; by default 1-10000", Set: setSeeds},
		flags.Protocol(change("-protocol", func(v string) config.Override {
			return config.SetString("-protocol", "protocol", v)
		})),
		{
			Name: "faults", Takes: "PROFILE", Help: "have things go wrong, as each seed draws them from a profile; -list " +
				"shows all. Without a scenario it draws the cluster, too; without both it is mixed",
			Set: func(o *options, v string) []error { return flags.SetProfile(&o.faults, v) },
		},
		{
			Name: "bug", Takes: "NAME",
			Help: "build one of the bugs below in, on purpose: to see whether, and how soon, it is caught",
			Set:  change("-bug", func(v string) config.Override { return config.SetString("-bug", "bug", v) }),
		},
		{
			Name: "set", Takes: "KEY=VALUE",
			Help: "give any key of the config a value, as in -set num_nodes=5; may be repeated, and the last one wins",
			Set:  change("-set", func(v string) config.Override { return config.Set("-set", v) }),
		},
		{
			Name: "check", Help: "check each run's trace as well, as cmd/check does, in this process and without files; what " +
				"is wrong with one counts like a violation",
			Set: func(o *options, v string) []error { return flags.SetBool("-check", &o.check, v) },
		},
		{
			Name: "find", Takes: "EXPECT", Help: "look for the first seed whose run comes to what an [[expect]] could say, " +
				"as in -find 'leader = \"node-3\"', and print the command that runs it; " +
				"cmd/run/config.toml shows what that can be; may be repeated: all must be so", Set: addFind,
		},
		{
			Name: "demand",
			Help: "exit with 1, too, if something that should happen sometimes never did: a sweep cannot pass by doing nothing",
			Set: func(o *options, v string) []error {
				return flags.SetBool("-demand", &o.demand, v)
			},
		},
		{
			Name: "keep-going",
			Help: "go on after a violation, a panic, or a trace that something is wrong with, and tell all of them",
			Set:  func(o *options, v string) []error { return flags.SetBool("-keep-going", &o.keepGoing, v) },
		},
	}}
}

// defaultSeeds are those that are run when nobody says which.
var defaultSeeds = seeds{1, 10_000}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	o := options{seeds: defaultSeeds, shard: shard{1, 1}}
	arguments, wrong := flags.Parse(args, &o, flagGroups(), library.Is)
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	all := []error{wrong}
	if o.merge {
		o.files = arguments
		all = append(all, o.checkMerge())
	} else {
		scenario, err := library.One(arguments, "")
		o.scenario = scenario
		all = append(all, err)
	}
	if o.scenario == "" && o.faults == "" {
		o.faults = profile.Mixed
	}
	if o.shards > 0 && o.shard.Of > 1 {
		all = append(all, errors.New("-shard and -shards contradict each other: the one says which part this is, and the "+
			"other leaves that to the environment"))
	} else if o.shards > 0 {
		part, err := jobShard(o.shards, os.Getenv(completionIndex))
		o.shard = part
		all = append(all, err)
	}
	if len(o.find) > 0 {
		all = append(all, o.checkFind())
	}
	if o.quiet && o.json {
		all = append(all,
			errors.New("-quiet and -json contradict each other: nothing on standard output, and the JSON there"))
	}
	return o, errors.Join(all...)
}

// checkMerge says what does not go with -merge.
func (o *options) checkMerge() error {
	if len(o.files) == 0 {
		return errors.New("-merge needs the files that the parts wrote with -json: -merge part-1.json part-2.json")
	}
	if o.seeds != defaultSeeds || o.faults != "" || len(o.words) > 0 || o.shards > 0 || o.shard.Of > 1 || o.keepGoing ||
		o.check {
		return errors.New("-merge runs nothing: what was run is in the files, and no flag changes it")
	}
	return nil
}

// checkFind says what does not go with -find.
func (o *options) checkFind() error {
	if o.merge || o.shards > 0 || o.shard.Of > 1 || o.demand || o.keepGoing || o.check {
		return errors.New("-find looks for one seed: -check, -demand, -keep-going, -shard, -shards and -merge are for " +
			"whole sweeps")
	}
	return nil
}

func addFind(o *options, value string) []error {
	if err := config.CheckExpect("-find", value); err != nil {
		return []error{err}
	}
	o.find = append(o.find, value)
	return nil
}

func setSeeds(o *options, value string) []error {
	s, err := parseSeeds(value)
	if err != nil {
		return []error{err}
	}
	o.seeds = s
	return nil
}

func setShard(o *options, value string) []error {
	s, err := parseShard(value)
	if err != nil {
		return []error{err}
	}
	o.shard = s
	return nil
}

func setShards(o *options, value string) []error {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n == 0 {
		return flags.Wrong("-shards wants the number of parts, from 1, not %q", value)
	}
	o.shards = n
	return nil
}
