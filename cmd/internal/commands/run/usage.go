package run

import (
	"fmt"
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/telling"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/record"
)

// usageBefore says what is run, of which protocol, and what comes of it.
func usageBefore(p *whole.Protocol) string {
	const widest = 80
	what := p.Name
	if p == protocols.Unnamed() {
		what += ", or what -protocol names,"
	}
	runs := "Runs " + what + " in a deterministic world, tells what happens, and writes the run to traces/runs/NAME/: " +
		"trace.otlp.jsonl, the OpenTelemetry trace, which Jaeger opens; spans.json, the same spans in the format of the " +
		"stdouttrace exporter; story.txt; and run.toml, the config that runs the same again."
	without := "Without a scenario it runs the default, cmd/run/config.toml, where all keys are."
	if p != protocols.Unnamed() {
		without = fmt.Sprintf("Without a scenario or a file it runs %s with what is usual for each key. A file of %s says "+
			"protocol = %q above its tables: one that names no protocol is of %s.", p.Name, p.Name, p.Run.Name,
			protocols.Unnamed().Name)
	}
	return "usage: go run ./cmd/run [flags] [SCENARIO | FILE.toml]\n\n" + terminal.Paragraph("", "", runs, widest) + "\n" +
		terminal.Paragraph("", "", without, widest) + telling.Legend
}

const usageAfter = jsonFields + `
Examples
  go run ./cmd/run
      the default: 5 nodes, 3 clients, 5 requests each
  go run ./cmd/run -seed 7 -nodes 7 reference
      another scenario, with another seed and more nodes
  go run ./cmd/run -set network.loss=0.1 -name lossy
      a tenth of the messages is lost; the folder is traces/runs/lossy
  go run ./cmd/run traces/runs/lossy/run.toml
      the same run again, to the byte
  go run ./cmd/run -only node-2,world -from 60ms leader-crash
      what one server tells of a scenario, from then on
  go run ./cmd/run -faults mixed -seed 1234
      a run in which the seed decides what goes wrong: traces/runs/mixed-1234
  go run ./cmd/run -drop e2a226e9f981f884
      the default without one message: the id of its span is in the story
  go run ./cmd/run -json -quiet leader-crash
      what came of it, for a program

Exit status of the built program; under go run every failure is 1
  0  the run went as it should; a fault that did not happen is told, with why,
     and is no failure, unless an [[expect]] says how many have to
  1  what the scenario expects did not come true, an invariant was violated that
     it does not expect to be, or the program panicked
  2  it could not be done: a wrong flag or config, a file that cannot be read or
     written
`

// usage prints how the command is called.
func usage(w io.Writer) error {
	p, after := protocols.Usual(), usageAfter
	if p != protocols.Unnamed() {
		after = strings.NewReplacer("the default: 5 nodes, 3 clients, 5 requests each", p.Name+", with what is usual",
			": traces/runs/mixed-1234", "", "e2a226e9f981f884", "SPANID").Replace(after)
	}
	return flags.Usage(w, usageBefore(p), flagGroups(), "\n"+record.PushUsage()+after)
}
