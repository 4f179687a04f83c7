package diff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/traces/diff"
)

// The ids of what differs: the last comes of the first, by some way.
const (
	cause  = 0x100
	on     = 0x200 // what may stand between them
	effect = 0x300
)

// striking is done to a process at 50.
func striking(process, what string) handmade {
	s := fault.of(cause, "world", 50, 50)
	s.fault, s.target = what, process
	return s
}

func losing(s handmade) handmade {
	s.lost = true
	return s
}

func struckBy(fault int, s handmade) handmade {
	s.struck = fault
	return s
}

func appending(s handmade, at int) handmade {
	s.appends = at
	return s
}

// Each rule is named where it is the one, and in no other case: each of these is next to one in which it is not.
func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		a, b     []handmade
		rule     diff.Rule
		possible int // of what comes of the cause
	}{
		"a child": {
			[]handmade{call.of(cause, "node-1", 0, 50), commit.of(effect, "node-1", 20, 30).below(cause)},
			nil, diff.RuleParent, 0,
		},
		"a child of what only ends otherwise": {
			[]handmade{call.of(cause, "node-1", 0, 20), commit.of(effect, "node-1", 30, 40).below(cause)},
			[]handmade{call.of(cause, "node-1", 0, 25)},
			diff.RuleParent, 0,
		},
		"a message": {
			[]handmade{sending.of(cause, "node-1", 0, 0), message.of(effect, "node-2", 20, 30).below(cause)},
			nil,
			diff.RuleMessage, 0,
		},
		"a message sent later": {
			[]handmade{call.of(cause, "node-1", 5, 50), handled.of(effect, "node-2", 20, 30).below(cause)},
			[]handmade{call.of(cause, "node-1", 0, 50), handled.of(effect, "node-2", 15, 30).below(cause).saying("no")},
			diff.RuleMessage, 0,
		},
		"a message of a call that only ends otherwise": {
			[]handmade{call.of(cause, "node-1", 0, 20), handled.of(effect, "node-2", 30, 40).below(cause)},
			[]handmade{call.of(cause, "node-1", 0, 25)},
			diff.RuleBelow, 1,
		},
		"further below": {
			[]handmade{
				call.of(cause, "node-1", 5, 90), handled.of(on, "node-2", 10, 20).below(cause),
				commit.of(effect, "node-2", 10, 20).below(on),
			},
			[]handmade{call.of(cause, "node-1", 0, 90), handled.of(on, "node-2", 10, 20).below(cause)},
			diff.RuleBelow, 1,
		},
		"a reply": {
			[]handmade{call.of(effect, "node-1", 0, 50), handled.of(cause, "node-2", 10, 20).below(effect).saying("yes")},
			[]handmade{
				call.of(effect, "node-1", 0, 50).saying("no"),
				handled.of(cause, "node-2", 10, 20).below(effect).saying("no"),
			},
			diff.RuleReply, 0,
		},
		"a fault in the same instant": {
			[]handmade{call.of(effect, "node-1", 0, 80)},
			[]handmade{striking("node-1", "crash"), call.of(effect, "node-1", 0, 50).saying("crashed")},
			diff.RuleFault, 0,
		},
		"a fault before": {
			[]handmade{call.of(effect, "node-1", 0, 80)},
			[]handmade{striking("node-1", "crash"), call.of(effect, "node-1", 0, 51).saying("crashed")},
			diff.RuleProcess, 1,
		},
		"a fault later than all but the link to it": {
			[]handmade{striking("node-1", "crash"), struckBy(cause, handled.of(effect, "node-2", 10, 20))},
			[]handmade{handled.of(effect, "node-2", 10, 20)},
			diff.RuleFault, 0,
		},
		"down": {
			[]handmade{commit.of(effect, "node-1", 70, 80)}, []handmade{striking("node-1", "crash")}, diff.RuleDown, 0,
		},
		"not down, but cut off": {
			[]handmade{commit.of(effect, "node-1", 70, 80)}, []handmade{striking("node-1", "isolate")}, diff.RuleProcess, 1,
		},
		"not down in its run": {
			nil, []handmade{striking("node-1", "crash"), commit.of(effect, "node-1", 70, 80)}, diff.RuleProcess, 1,
		},
		"in the step that ends a call": {
			[]handmade{call.of(cause, "node-1", 0, 20), commit.of(effect, "node-1", 20, 21)},
			[]handmade{call.of(cause, "node-1", 0, 30)},
			diff.RuleStep, 0,
		},
		"in the step that ends a call that began otherwise": {
			[]handmade{call.of(cause, "node-1", 0, 20), call.of(effect, "node-1", 20, 40)},
			[]handmade{call.of(cause, "node-1", 5, 20)},
			diff.RuleStep, 0,
		},
		"when a call ends in the other run": {
			[]handmade{call.of(cause, "node-1", 0, 30), commit.of(effect, "node-1", 10, 20)},
			[]handmade{call.of(cause, "node-1", 5, 20)},
			diff.RuleProcess, 1,
		},
		"a step later": {
			[]handmade{message.of(cause, "node-1", 0, 10), commit.of(effect, "node-1", 12, 20)}, nil, diff.RuleProcess, 1,
		},
		"lost by a fault": {
			[]handmade{sending.of(effect, "node-1", 60, 60)},
			[]handmade{striking("node-1 | node-2", "partition"), losing(sending.of(effect, "node-1", 60, 60))},
			diff.RuleLost, 1,
		},
		"busy, and then a child": {
			[]handmade{
				sending.of(cause, "node-8", 0, 0), message.of(0x400, "node-1", 0, 10).below(cause),
				message.of(on, "node-1", 10, 20), commit.of(effect, "node-1", 10, 20).below(on),
			},
			[]handmade{message.of(on, "node-1", 5, 15)},
			diff.RuleBusy, 2,
		},
		"begins when a message that waited does": {
			[]handmade{message.of(cause, "node-1", 10, 20), commit.of(effect, "node-1", 5, 10)},
			[]handmade{message.of(cause, "node-1", 5, 15)},
			diff.RuleProcess, 1,
		},
		"a message that is lost": {
			[]handmade{call.of(cause, "node-1", 0, 50), handled.of(effect, "node-2", 10, 20).below(cause)},
			[]handmade{losing(call.of(cause, "node-1", 0, 50))},
			diff.RuleMessage, 0,
		},
		"a message that waited for a step": {
			[]handmade{call.of(cause, "node-1", 0, 10), message.of(effect, "node-1", 10, 20).saying("yes")},
			[]handmade{call.of(cause, "node-1", 5, 25), message.of(effect, "node-1", 12, 22)},
			diff.RuleProcess, 1,
		},
		"a message that only moved, and then a step later": {
			[]handmade{
				call.of(cause, "node-1", 5, 50), handled.of(on, "node-2", 10, 20).below(cause),
				commit.of(effect, "node-2", 30, 40),
			},
			[]handmade{call.of(cause, "node-1", 0, 50), handled.of(on, "node-2", 8, 18).below(cause)},
			diff.RuleProcess, 1,
		},
		"begun in the step that began another": {
			[]handmade{call.of(cause, "node-1", 10, 30), call.of(effect, "node-1", 10, 40)}, nil, diff.RuleStep, 0,
		},
		"an event of the step that ends a call": {
			[]handmade{call.of(cause, "node-1", 0, 20), request.of(effect, "node-1", 5, 90)},
			[]handmade{call.of(cause, "node-1", 0, 25), appending(request.of(effect, "node-1", 5, 90), 20)},
			diff.RuleStep, 0,
		},
		"a child, and then a step later": {
			[]handmade{message.of(cause, "node-1", 0, 10), message.of(on, "node-2", 5, 10), commit.of(effect, "node-1", 12, 20)},
			[]handmade{message.of(on, "node-2", 5, 10)},
			diff.RuleProcess, 1,
		},
		"a fault that differs": {
			[]handmade{message.of(cause, "node-1", 0, 10)}, []handmade{another(striking("node-2", "pause"))}, diff.RuleRun, 1,
		},
	} {
		for _, swapped := range []bool{false, true} {
			a, b := indexedByHand(t, c.a...), indexedByHand(t, c.b...)
			if swapped {
				a, b = b, a
			}
			d, err := diff.Compare(t.Context(), a, b, diff.Options{})
			if err != nil {
				t.Fatal(err)
			}
			rules := map[string]diff.Rule{}
			for _, line := range d.Followed.Tree {
				if line.Of == "" || line.Event.ID == idByHand(effect) {
					rules[line.Event.ID] = line.Rule
				}
			}
			if diff := cmp.Diff(words(map[string]diff.Rule{idByHand(cause): diff.NoRule, idByHand(effect): c.rule}),
				words(rules)); diff != "" {
				t.Errorf("%s, swapped %v: the rules are others (-want +got):\n%s", name, swapped, diff)
			}
			if d.Followed.Possible != c.possible {
				t.Errorf("%s, swapped %v: %d spans only may come of the cause, want %d", name, swapped, d.Followed.Possible,
					c.possible)
			}
			if c.rule.Seen() != (c.possible == 0) {
				t.Errorf("%s: the rule %s is seen: %v", name, c.rule, c.rule.Seen())
			}
		}
	}
}

// What is there only because one run goes on for longer has no line, and is counted as what only may come of the rest.
func TestRuleOfEnding(t *testing.T) {
	longer := indexedByHand(t, message.of(cause, "node-1", 0, 10), commit.of(effect, "node-2", 1000, 1010))
	d, err := diff.Compare(t.Context(), longer, indexedByHand(t), diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f := &d.Followed; f.Spans != 2 || f.Ending != 1 || f.Possible != 1 || f.Tree[0].Folded.Possible != 1 {
		t.Errorf("what follows is %+v", f)
	}
}

// TestRuleOfLast has one run begin something by itself after all that the other began so, which is not over yet: it may
// be there only because that run goes on for longer. What a client begins is none of it.
func TestRuleOfLast(t *testing.T) {
	both := commit.of(on, "node-9", 1500, 1600).below(2)
	for _, c := range []struct {
		begun     handmade
		elsewhere int
	}{
		{commit.of(effect, "node-2", 1200, 1210), 0},
		{commit.of(effect, "node-2", 900, 910), 1},
		{commit.of(effect, "client-2", 1200, 1210), 1},
	} {
		longer := indexedByHand(t, message.of(cause, "node-1", 0, 10), c.begun, both)
		d, err := diff.Compare(t.Context(), longer, indexedByHand(t, both), diff.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Elsewhere.Spans != c.elsewhere || d.Followed.Possible != 1-c.elsewhere {
			t.Errorf("%s from %d on: %d come of nothing, want %d; what follows is %+v", c.begun.process, c.begun.start,
				d.Elsewhere.Spans, c.elsewhere, d.Followed)
		}
	}
}

// another has another id than the cause.
func another(s handmade) handmade {
	s.id = effect
	return s
}

func words(rules map[string]diff.Rule) map[string]string {
	all := map[string]string{}
	for edge, rule := range rules {
		all[edge] = rule.String()
	}
	return all
}

// Of several rules on the way through what is not compared, the least sure one counts.
func TestRuleOfPart(t *testing.T) {
	for name, c := range map[string]struct {
		between []handmade
		first   diff.Rule // by which the first divergence comes of its origin
		then    diff.Rule
	}{
		"sent, and answered": {
			[]handmade{
				sending.of(cause, "node-8", 0, 0), call.of(on, "node-1", 1, 50).below(cause),
				handled.of(0x400, "node-2", 10, 20).below(on), message.of(effect, "node-1", 25, 30).below(0x400),
			},
			diff.RuleMessage, diff.RuleMessage,
		},
		"sent by what was done a step later": {
			[]handmade{
				sending.of(cause, "node-8", 0, 0), call.of(on, "node-1", 1, 50).below(cause),
				handled.of(0x400, "node-2", 10, 20).below(on), sending.of(0x500, "node-2", 22, 22),
				message.of(effect, "node-1", 25, 30).below(0x500),
			},
			diff.RuleMessage, diff.RuleProcess,
		},
		"begun a step later": {
			[]handmade{
				sending.of(cause, "node-8", 0, 0), sending.of(0x600, "node-8", 1, 1),
				call.of(on, "node-1", 2, 50).below(0x600), message.of(effect, "node-1", 25, 30).below(on),
			},
			diff.RuleProcess, diff.RuleParent,
		},
	} {
		d, err := diff.Compare(t.Context(), indexedByHand(t, c.between...), indexedByHand(t), diff.Options{Only: "node-1"})
		if err != nil {
			t.Fatal(err)
		}
		if d.First.Origin == nil || d.First.Origin.ID != idByHand(cause) || d.First.Rule != c.first {
			t.Errorf("%s: the first divergence comes of %+v by %s, want %s", name, d.First.Origin, d.First.Rule, c.first)
		}
		want := map[string]diff.Rule{" > " + idByHand(on): c.first, idByHand(on) + " > " + idByHand(effect): c.then}
		got := map[string]diff.Rule{}
		for _, line := range d.Followed.Tree {
			got[line.Of+" > "+line.Event.ID] = line.Rule
		}
		if diff := cmp.Diff(words(want), words(got)); diff != "" {
			t.Errorf("%s: the rules are others (-want +got):\n%s", name, diff)
		}
	}
}

// What stands below nothing in a part, as what is between has no line, comes of the origin by the least sure rule on
// all of the way.
func TestRuleOfPartFromOrigin(t *testing.T) {
	const between = 0x600
	a := indexedByHand(t, sending.of(cause, "node-8", 0, 0), call.of(0x700, "node-1", 1, 50).below(cause),
		sending.of(between, "node-8", 2, 2), message.of(on, "node-1", 20, 30).below(between),
		commit.of(effect, "node-1", 20, 30).below(on))
	b := indexedByHand(t, message.of(on, "node-1", 22, 32).below(between))
	d, err := diff.Compare(t.Context(), a, b, diff.Options{Only: "node-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]diff.Rule{}
	for _, line := range d.Followed.Tree {
		got[line.Origin+" > "+line.Event.ID] = line.Rule
	}
	want := map[string]diff.Rule{
		idByHand(cause) + " > " + idByHand(0x700):  diff.RuleMessage,
		idByHand(cause) + " > " + idByHand(effect): diff.RuleProcess,
	}
	if diff := cmp.Diff(words(want), words(got)); diff != "" {
		t.Errorf("the rules are others (-want +got):\n%s", diff)
	}
}

// The words of rules are for programs: they stay as they are, and are read again.
func TestRuleWords(t *testing.T) {
	text, err := json.Marshal([]diff.Consequence{{Rule: diff.RuleProcess}, {}})
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	if err := json.Unmarshal(text, &lines); err != nil {
		t.Fatal(err)
	}
	if _, there := lines[1]["rule"]; lines[0]["rule"] != "process" || there {
		t.Errorf("in JSON a line by the rule process and one by none are %s", text)
	}
	for i, word := range []string{
		"", "parent", "message", "reply", "fault", "down", "step", "lost", "below", "busy", "process", "run",
	} {
		var rule diff.Rule
		if err := rule.UnmarshalText([]byte(word)); err != nil || rule != diff.Rule(i) || rule.String() != word ||
			rule.Seen() != (i < 7) {
			t.Errorf("%q is read as %d, %q, seen %v, %v", word, rule, rule, rule.Seen(), err)
		}
	}
	var rule diff.Rule
	if err := rule.UnmarshalText([]byte("perhaps")); err == nil || fmt.Sprint(diff.Rule(200)) != "rule 200" {
		t.Errorf("there is no rule perhaps: %v", err)
	}
}

// The changes in JSON, as words; and what is none.
func TestChangesInWords(t *testing.T) {
	for change, want := range map[diff.Change]string{
		diff.OnlyA: "only in A", diff.OnlyB: "only in B", diff.Changed: "changed", diff.Moved: "moved", diff.NoChange: "",
	} {
		text, err := json.Marshal(diff.Consequence{Change: change})
		var back diff.Consequence
		if err := errors.Join(err, json.Unmarshal(text, &back)); err != nil || back.Change != change ||
			!strings.Contains(string(text), fmt.Sprintf(`"change":%q`, want)) {
			t.Errorf("%q is read back as %q from %s: %v", change, back.Change, text, err)
		}
	}
	var change diff.Change
	if err := change.UnmarshalText([]byte("gone")); err == nil || fmt.Sprint(diff.Change(200)) != "change 200" {
		t.Errorf("there is no change gone: %v", err)
	}
}
