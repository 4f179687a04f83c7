package diff

import (
	"fmt"
	"slices"
)

// Change is how a span of one run differs from that of the other.
type Change uint8

// The changes there are.
const (
	NoChange Change = iota // in nothing that is compared
	OnlyA                  // it is there in A, and not in B
	OnlyB                  // and the other way round
	Changed                // in what it says, or in what it belongs to
	Moved                  // in time, and in nothing else
)

// changeWords are the changes in JSON.
var changeWords = [...]string{NoChange: "", OnlyA: "only in A", OnlyB: "only in B", Changed: "changed", Moved: "moved"}

// String is the change in words.
func (c Change) String() string { return wordsOf("change", changeWords[:], uint8(c)) }

// MarshalText are the words that stand in JSON.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads such words. Words that no change has are an error.
func (c *Change) UnmarshalText(words []byte) error {
	n, err := numberOf("change", changeWords[:], words)
	*c = Change(n)
	return err
}

// Rule is by what a span that differs is taken to come of another that does. Some rules rest on what the trace shows,
// and some only on what was possible: see Seen. They are in this order: the surest first.
type Rule uint8

// The rules there are.
const (
	NoRule Rule = iota // it comes of nothing, as far as the traces show

	// Seen.

	RuleParent  // it is the child of the other, which its own process opened
	RuleMessage // it is the child of the other, whose process sent the message that it handles
	RuleReply   // the other is its child, and answers it
	RuleFault   // it links to the other, a fault; or the fault names its process, and both differ from one moment on
	RuleDown    // the other is a crash of its process in one run; it is in the other run, before the process starts again
	RuleStep    // its process did the other before it in the step in which, in one run, it begins to differ

	// Possible.

	// RuleLost: its message was lost by a fault, and of the faults that differ the other is the last one before. Seen is
	// that it was one, and not which.
	RuleLost
	// RuleBelow: it is further below the other, and what stands between them did not differ before it; or it handles the
	// message of a call that only ends otherwise. Seen is that it is below, and not how the difference came to it.
	RuleBelow
	// RuleBusy: its process was busy with the other, in the run in which it is later, until just before it. Seen is that,
	// and not that it waited.
	RuleBusy
	// RuleProcess: its process did or met the other before, as the last thing that differs. Seen is the order of the two.
	RuleProcess
	// RuleRun: the other is the last thing that differs before it, in any process, and it is a fault, or is there only
	// because its run goes on for longer, or began by itself after the last thing that did in the other run. Seen is the
	// order.
	RuleRun
)

// ruleWords are the rules in JSON.
var ruleWords = [...]string{
	NoRule: "", RuleParent: "parent", RuleMessage: "message", RuleReply: "reply", RuleFault: "fault", RuleDown: "down",
	RuleStep: "step", RuleLost: "lost", RuleBelow: "below", RuleBusy: "busy", RuleProcess: "process", RuleRun: "run",
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

// wordsOf returns the words for the number of a rule, or of what kind it is.
func wordsOf(kind string, all []string, n uint8) string {
	if int(n) < len(all) {
		return all[n]
	}
	return fmt.Sprintf("%s %d", kind, n)
}

// numberOf returns the number that some words stand for; words for none are an error.
func numberOf(kind string, all []string, words []byte) (uint8, error) {
	n := slices.Index(all, string(words))
	if n < 0 {
		return 0, fmt.Errorf("no %s is called %q", kind, words)
	}
	return uint8(n), nil
}
