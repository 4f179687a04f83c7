package traces

import (
	"fmt"
	"slices"
)

// Rule is by what a span that differs is taken to come of another that does. Some rules rest on what the trace shows, and some only on what was possible: see Seen. They are in
// this order: the surest first.
type Rule uint8

// The rules there are.
const (
	NoRule Rule = iota // it comes of nothing, as far as the traces show

	// Seen.

	RuleParent  // it is the child of the other, which its own process opened
	RuleMessage // it is the child of the other, which another process opened: it handles the message that the other sent
	RuleReply   // the other is its child, and answers it
	RuleFault   // the other is a fault that it links to, or one which names its process, and the two differ from the same moment on
	RuleDown    // the other is a crash of its process in one run, and it is only in the other run, before the process starts again
	RuleStep    // its process did the other before it in the same step: in one run that begins or ends in the step in which this one begins to differ

	// Possible.

	RuleLost    // its message was lost by a fault, and of the faults that differ the other is the last one before; seen is that it was one, and not which
	RuleBelow   // it is further below the other, and what stands between them did not differ before it, or it handles the message of a call that only ends otherwise; seen is that it is below, and not how the difference came to it
	RuleBusy    // its process was busy with the other, in the run in which it is later, until just before it; seen is that, and not that it waited
	RuleProcess // its process did or met the other before, as the last thing that differs; seen is the order of the two, and no more
	RuleRun     // the other is the last thing that differs before it, in any process, and it is a fault, or is there only because its run goes on for longer; seen is the order, and no more
)

// ruleWords are the rules in JSON.
var ruleWords = [...]string{
	NoRule: "", RuleParent: "parent", RuleMessage: "message", RuleReply: "reply", RuleFault: "fault", RuleDown: "down", RuleStep: "step",
	RuleLost: "lost", RuleBelow: "below", RuleBusy: "busy", RuleProcess: "process", RuleRun: "run",
}

// Seen says whether the trace shows that a span comes of the other; or else it is only possible.
func (r Rule) Seen() bool { return r <= RuleStep }

// String is the rule as a word.
func (r Rule) String() string { return wordsOf("rule", ruleWords[:], uint8(r)) }

// MarshalText is the word that stands in JSON.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads such a word. A word that no rule has is an error.
func (r *Rule) UnmarshalText(word []byte) error {
	n, err := numberOf("rule", ruleWords[:], word)
	*r = Rule(n)
	return err
}

// wordsOf are the words for the number of a rule, or of what kind it is.
func wordsOf(kind string, all []string, n uint8) string {
	if int(n) < len(all) {
		return all[n]
	}
	return fmt.Sprintf("%s %d", kind, n)
}

// numberOf is the number that some words stand for; words for none are an error.
func numberOf(kind string, all []string, words []byte) (uint8, error) {
	n := slices.Index(all, string(words))
	if n < 0 {
		return 0, fmt.Errorf("no %s is called %q", kind, words)
	}
	return uint8(n), nil
}
