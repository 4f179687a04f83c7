package sweep

import (
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
)

const usageBefore = `usage: go run ./cmd/sweep [flags] [SCENARIO | FILE.toml]
       go run ./cmd/sweep -merge FILE...

Runs a scenario with many seeds, or many runs that a profile of faults draws, on
all processors, and checks every invariant after every event of each. It stops
at the first violation, prints the command that shows it again, and tells in a
table what the runs were like. With -check their traces are checked, too. What a
scenario expects of its own seed is not looked at. With -find it looks for the
first seed that comes to something.
`

const usageAfter = `
Examples
  go run ./cmd/sweep
      10,000 runs in which everything goes wrong: the profile mixed
  go run ./cmd/sweep -seeds 1-1000 -faults crashes default
      the default with crashes
  go run ./cmd/sweep -faults mixed -bug forget-vote -seeds 1-2000
      how soon a known bug is caught
  go run ./cmd/sweep -check -keep-going -seeds 1-1000
      whether cmd/check finds fault with any of the traces
  go run ./cmd/sweep -find 'leader = "node-3"' leader-crash
      the first seed of that scenario with which node 3 leads at the end
  go run ./cmd/sweep -shard 1/2 -json > part-1.json
  go run ./cmd/sweep -shard 2/2 -json > part-2.json
      two parts, for a machine each
  go run ./cmd/sweep -merge part-*.json
      the table of all of them, as one machine gives it

Exit status of the built program; under go run every failure is 1
  0  all invariants held; with -find, a run was found
  1  an invariant was violated, something is wrong with a trace, or the program
     panicked; with -find, no run was found
  2  it could not be done, or not to the end: a wrong flag or config, an
     interrupt
`

// usage prints how the command is called.
func usage(w io.Writer) error {
	after := usageAfter
	if of := protocols.Unnamed(); of != protocols.Usual() {
		after = strings.Replace(after, "-bug ", "-protocol "+of.Run.Name+" -bug ", 1)
	}
	return flags.Usage(w, usageBefore, flagGroups(), after)
}
