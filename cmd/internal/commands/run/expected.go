package run

import (
	"fmt"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/words"
)

// expectation is one of the scenario's, and whether it held.
type expectation struct {
	Expected string `json:"expected"`
	Held     bool   `json:"held"`
	Instead  string `json:"instead,omitempty"` // what is so, where it did not hold
}

// expectations are all of the scenario's, in their order.
func (r *runner) expectations() []expectation {
	all := make([]expectation, len(r.config.Expects))
	for i := range all {
		all[i] = expectation{Expected: expectedText(&r.config.Expects[i]), Held: true}
	}
	for _, s := range r.result.Failed {
		all[s.Expect].Held, all[s.Expect].Instead = false, s.Got
	}
	return all
}

// expectedText is an expectation in words.
func expectedText(e *config.Expect) string {
	switch {
	case e.Leader != 0:
		return e.Leader.String() + " leads at the end"
	case e.Sometimes != "":
		return "it happened: " + e.Sometimes
	case e.Never != "":
		return "it did not happen: " + e.Never
	case e.Answered != 0:
		return words.Counted(e.Answered, "operation") + " answered"
	case e.Faults != 0:
		return words.Counted(e.Faults, "fault") + " happened"
	case e.Violated != "":
		return e.Violated + " is violated"
	case e.Operation != "":
		return fmt.Sprintf("%s ended with %q", e.Operation, e.Result)
	}
	terms := strings.Trim(fmt.Sprint(e.Terms), "[]")
	if terms == "" {
		terms = "none"
	}
	when := ""
	if e.At != 0 {
		when = " at " + keys.FormatDuration(e.At)
	}
	return fmt.Sprintf("terms in the log of %s%s: %s", e.Log, when, terms)
}

// expected says which of the expectations held. What did not is told on standard error, with its place in the config.
func (r *runner) expected() string {
	var held []string
	all := r.expectations()
	for i := range all {
		if all[i].Held {
			held = append(held, strings.ReplaceAll(all[i].Expected, " ", terminal.NoBreak))
		}
	}
	said := fmt.Sprintf("%d of %d held", len(held), len(all))
	if len(held) > 0 {
		said += ": " + strings.Join(held, "; ")
	}
	return said
}
