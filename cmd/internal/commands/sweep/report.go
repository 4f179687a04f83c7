package sweep

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// report is what a sweep came to, or a shard of one. Everything in it adds up: the reports of all shards make the
// report of the whole sweep.
type report struct {
	Format string `json:"format"`
	Build  string `json:"build"` // what ran: see cluster.Build
	// Protocol is that of the runs, where it is not that of a config that names none.
	Protocol string `json:"protocol,omitempty"`
	Run      string `json:"run"`     // what of a command line makes one of the runs, but for its seed
	Config   string `json:"config"`  // the hash of the first seed's config
	Seeds    seeds  `json:"seeds"`   // of the whole sweep
	Shard    shard  `json:"shard"`   // which part of it this is
	Keep     bool   `json:"keep"`    // whether it goes on after a violation
	Done     uint64 `json:"done"`    // how many seeds of the shard were run, the first ones
	Broken   bool   `json:"stopped"` // whether somebody stopped it before it was done

	Figures    figures     `json:"figures"`
	Violations []violation `json:"violations"` // in the order of the seeds

	Checked  bool      `json:"judged,omitempty"` // the traces, too
	Spans    uint64    `json:"spans,omitempty"`  // in them
	Findings []finding `json:"findings,omitempty"`

	Panics []panicked `json:"panics,omitempty"`
}

// format is the version of what -json writes.
const format = "raftkv-sweep-1"

// figures are the numbers of all runs.
type figures struct {
	Events     uint64 `json:"events"`
	Messages   uint64 `json:"messages"`
	Commits    uint64 `json:"commits"`
	Lost       uint64 `json:"lost"`
	Duplicated uint64 `json:"duplicated"`
	Operations uint64 `json:"operations"`  // that were answered
	Unfinished uint64 `json:"unfinished"`  // runs that max_duration ended
	LyingDisks uint64 `json:"lying_disks"` // runs in which a disk lost what it said that it keeps, or was made to say so
	Leaderless uint64 `json:"leaderless"`  // runs that never had a leader

	// Of each run.
	Elections         counts `json:"elections"`
	FirstLeader       counts `json:"first_leader_us"`
	Retries           counts `json:"retries"`
	MessagesPerCommit counts `json:"messages_per_commit"`
	Faults            counts `json:"faults"`

	Latency   counts            `json:"latency_us"` // of each answered operation
	Sometimes map[string]uint64 `json:"sometimes"`  // in how many runs it happened
	Busiest   busiest           `json:"busiest"`
}

// busiest is the run that is most worth looking at: the one with the most elections, and of those the first.
type busiest struct {
	Seed      uint64 `json:"seed"`
	Elections uint64 `json:"elections"`
}

// violation is one that a run came to.
type violation struct {
	Seed      uint64    `json:"seed"`
	Invariant string    `json:"invariant"`
	ID        string    `json:"id"`
	Section   string    `json:"section"`
	At        string    `json:"at"`
	Facts     [2]string `json:"facts"`
	LyingDisk bool      `json:"lying_disk,omitempty"` // no protocol promises anything then
}

func newFigures() figures {
	return figures{
		Elections: counts{}, FirstLeader: counts{}, Retries: counts{}, MessagesPerCommit: counts{}, Faults: counts{},
		Latency: counts{}, Sometimes: map[string]uint64{},
	}
}

// panicked is a run in which the program panicked.
type panicked struct {
	Seed   uint64   `json:"seed"`
	At     string   `json:"at"`
	Reason string   `json:"reason"`
	Stack  []string `json:"stack"`
}

// add takes in the run of one seed.
func (r *report) add(seed uint64, result *ran) {
	r.Done++
	if p := result.panicked; p != nil {
		r.Panics = append(r.Panics,
			panicked{Seed: seed, At: p.At.Round(time.Microsecond).String(), Reason: p.Reason, Stack: p.Stack})
		return
	}
	r.Spans += uint64(result.spans)
	r.Findings = append(r.Findings, result.findings...)
	r.Figures.add(seed, &result.Result)
	if v := result.Checks.Violation; v != nil {
		r.Violations = append(r.Violations, violation{
			Seed: seed, Invariant: v.Invariant.Name, ID: v.Invariant.ID, Section: v.Invariant.Section,
			At: v.At.Round(time.Microsecond).String(), Facts: v.Facts,
			LyingDisk: result.LyingDisk,
		})
	}
}

func (f *figures) add(seed uint64, result *cluster.Result) {
	checks := &result.Checks
	f.Events += checks.Events
	f.Messages += result.Messages
	f.Commits += result.Committed
	f.Lost += result.Lost
	f.Duplicated += result.Duplicated
	f.Operations += uint64(result.Operations)
	if !result.Finished && checks.Violation == nil {
		f.Unfinished++
	}
	if result.LyingDisk {
		f.LyingDisks++
	}
	f.Elections.add(checks.Figures.Elections)
	if checks.Figures.Led {
		f.FirstLeader.add(microseconds(checks.Figures.FirstLeader))
	} else {
		f.Leaderless++
	}
	f.Retries.add(uint64(max(0, result.Tries-result.Operations)))
	if result.Committed > 0 {
		f.MessagesPerCommit.add((result.Messages + result.Committed/2) / result.Committed)
	}
	f.Faults.add(uint64(result.Faults))
	for _, d := range checks.Figures.Answers {
		f.Latency.add(microseconds(d))
	}
	for _, s := range checks.Sometimes {
		if s.Times > 0 {
			f.Sometimes[s.What]++
		}
	}
	f.Busiest = busier(f.Busiest, busiest{Seed: seed, Elections: checks.Figures.Elections})
}

func busier(a, b busiest) busiest {
	if cmp.Or(cmp.Compare(b.Elections, a.Elections), cmp.Compare(a.Seed, b.Seed)) > 0 || a == (busiest{}) {
		return b
	}
	return a
}

// wrong says whether something is wrong with one of the runs.
func (r *report) wrong() bool {
	return len(r.Violations) > 0 || len(r.Findings) > 0 || len(r.Panics) > 0
}

// merge takes in the report of another shard.
func (r *report) merge(other *report) {
	r.Done += other.Done
	r.Violations = append(r.Violations, other.Violations...)
	slices.SortFunc(r.Violations, func(a, b violation) int { return cmp.Compare(a.Seed, b.Seed) })
	r.Panics = append(r.Panics, other.Panics...)
	slices.SortFunc(r.Panics, func(a, b panicked) int { return cmp.Compare(a.Seed, b.Seed) })
	r.Spans += other.Spans
	r.Findings = append(r.Findings, other.Findings...)
	// those of one seed are of one part
	slices.SortStableFunc(r.Findings, func(a, b finding) int { return cmp.Compare(a.Seed, b.Seed) })
	f, o := &r.Figures, &other.Figures
	f.Events += o.Events
	f.Messages += o.Messages
	f.Commits += o.Commits
	f.Lost += o.Lost
	f.Duplicated += o.Duplicated
	f.Operations += o.Operations
	f.Unfinished += o.Unfinished
	f.LyingDisks += o.LyingDisks
	f.Leaderless += o.Leaderless
	f.Elections.merge(o.Elections)
	f.FirstLeader.merge(o.FirstLeader)
	f.Retries.merge(o.Retries)
	f.MessagesPerCommit.merge(o.MessagesPerCommit)
	f.Faults.merge(o.Faults)
	f.Latency.merge(o.Latency)
	for what, n := range o.Sometimes {
		f.Sometimes[what] += n
	}
	if other.Done > 0 {
		f.Busiest = busier(f.Busiest, o.Busiest)
	}
}

// protocol is that of the runs.
func (r *report) protocol() *whole.Protocol {
	p, known := protocols.Named(r.Protocol)
	if !known {
		return protocols.Unnamed()
	}
	return p
}

// possible is what can happen in the runs: where no disk lies, no server has to catch up after one did.
func (r *report) possible() []check.Sometime {
	return slices.DeleteFunc(slices.Clone(r.protocol().Run.Sometimes), func(s check.Sometime) bool {
		return s.NeedsLyingDisk && r.Figures.LyingDisks == 0
	})
}

// never is what should happen sometimes and happened in none of the runs.
func (r *report) never() []string {
	var never []string
	for _, s := range r.possible() {
		if r.Figures.Sometimes[s.What] == 0 {
			never = append(never, s.What)
		}
	}
	return never
}
