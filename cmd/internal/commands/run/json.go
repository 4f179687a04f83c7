package run

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
)

// report is the summary for programs: what -json prints. A field is never renamed; -h lists them.
type report struct {
	Run          string            `json:"run"`
	Scenario     string            `json:"scenario"`
	Protocol     string            `json:"protocol,omitempty"` // where it is not that of a config that names none
	Seed         uint64            `json:"seed"`
	Files        []string          `json:"files"`
	Operations   answeredOf        `json:"operations"`
	Committed    uint64            `json:"committed"`
	Elections    int               `json:"elections"`
	Leader       string            `json:"leader,omitempty"`
	Spans        int               `json:"spans"`
	Messages     messageCounts     `json:"messages"`
	Faults       happenedOf        `json:"faults"`
	EndNs        time.Duration     `json:"end_ns"`
	Finished     bool              `json:"finished"`
	Invariants   int               `json:"invariants"`
	Events       uint64            `json:"events"`
	Sometimes    map[string]uint64 `json:"sometimes"`
	Expectations []expectation     `json:"expectations"`
	Violation    *violated         `json:"violation,omitempty"`
	Jaeger       []link            `json:"jaeger,omitempty"`
	Next         string            `json:"next"`
	Show         string            `json:"show,omitempty"` // left out where there is no trace
}

type answeredOf struct {
	Answered int `json:"answered"`
	Of       int `json:"of"`
}

type messageCounts struct {
	Sent       uint64 `json:"sent"`
	Lost       uint64 `json:"lost"`
	Duplicated uint64 `json:"duplicated"`
}

type happenedOf struct {
	Happened int           `json:"happened"`
	Of       int           `json:"of"`
	Missed   []missedFault `json:"missed,omitempty"`
}

// missedFault is a fault that did not happen.
type missedFault struct {
	Fault string `json:"fault"`
	Why   string `json:"why"`
}

// violated is an invariant that does not hold.
type violated struct {
	Invariant string        `json:"invariant"`
	AtNs      time.Duration `json:"at_ns"`
	Facts     [2]string     `json:"facts"`
	LyingDisk bool          `json:"lying_disk,omitempty"` // one lied before, and the protocol relies on that none does
	Again     string        `json:"again"`
}

// jsonFields are those of a report, for -h.
const jsonFields = `
-json prints one object with these fields, which stay what they are called:
  run, scenario, seed, next, show   names, and the commands worth trying next
                                    and that show the run
  protocol                          its name, if it is not raft
  files                             what was written, with -shrink what is left
                                    of the run, too
  operations, faults                {answered, of} and {happened, of, missed:
                                    [{fault, why}]}
  committed, elections, leader      the highest index, how many, who leads at
                                    the end if somebody does
  spans, messages                   how many; {sent, lost, duplicated}
  end_ns, finished                  virtual time; false if it was cut short
  invariants, events, sometimes     how many were held after each of how many
                                    events, and what happened how often
  expectations                      [{expected, held, instead}]
  jaeger                            [{shows, link}], of a run that was pushed
  violation                         {invariant, at_ns, facts, again,
                                    lying_disk}, if any
`

// printJSON prints the report.
func (r *runner) printJSON(ctx context.Context, w io.Writer) error {
	rep := report{
		Run: r.name(), Scenario: r.config.Scenario, Seed: r.config.Seed,
		Operations: answeredOf{
			r.result.Operations,
			r.config.TotalOperations(),
		}, Committed: r.result.Committed, Elections: r.tally.elections,
		Spans: r.tally.spans, Messages: messageCounts{
			r.result.Messages, r.result.Lost,
			r.result.Duplicated,
		}, Faults: happenedOf{Happened: r.result.Faults, Of: r.plannedFaults()},
		EndNs: r.result.End, Finished: r.result.Finished, Invariants: r.result.Checks.Invariants,
		Events: r.result.Checks.Events, Sometimes: map[string]uint64{},
		Expectations: r.expectations(), Jaeger: r.links(ctx), Next: r.next(),
		Show: r.show(),
	}
	if r.config.Row() != protocols.Unnamed() {
		rep.Protocol = r.config.Protocol
	}
	for _, m := range r.result.Missed {
		rep.Faults.Missed = append(rep.Faults.Missed, missedFault{r.config.Faults[m.Fault].Phrase(), m.Why})
	}
	files := r.written()
	if r.shrunk {
		files = append(files, shrunkFile, shrunkStoryFile)
		rep.Next = command.Line("run", filepath.Join(r.options.out, r.name(), shrunkFile))
	}
	for _, name := range files {
		rep.Files = append(rep.Files, filepath.Join(r.folder.path, name))
	}
	if r.result.Leader != 0 {
		rep.Leader = r.result.Leader.String()
	}
	for _, one := range r.result.Checks.Sometimes {
		if one.Times > 0 {
			rep.Sometimes[one.What] = one.Times
		}
	}
	if v := r.result.Checks.Violation; v != nil {
		rep.Violation = &violated{v.Invariant.Name, v.At, v.Facts, r.result.LyingDisk, r.again()}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(&rep)
}
