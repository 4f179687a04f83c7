package check

import (
	"errors"
	"testing"
	"time"
)

// TestViolated makes violations of errors that know their places, and of one that does not.
func TestViolated(t *testing.T) {
	event := Place{At: 5 * time.Millisecond, Server: 2}
	before, other := Place{At: time.Millisecond, Server: 1}, Place{At: 2 * time.Millisecond, Server: 3}
	invariant := Invariant{Name: "Safety", ID: "I1", Section: "§1"}
	clash := Fact("%s", "one").But("%s", "another")
	for _, test := range []struct {
		err    error
		places [2]Place
		says   string
	}{
		{clash, [2]Place{{}, event}, "Safety (I1, §1) does not hold at 5ms: one, but another"},
		{clash.Since(before), [2]Place{before, event}, "Safety (I1, §1) does not hold at 5ms: one, but another"},
		{clash.From(before, other), [2]Place{before, other}, "Safety (I1, §1) does not hold at 5ms: one, but another"},
		{errors.New("odd"), [2]Place{{}, event}, "Safety (I1, §1) does not hold at 5ms: odd, but "},
	} {
		v := Violated(invariant, event, test.err)
		if v.At != event.At || v.Server != event.Server || v.Places != test.places || v.Error() != test.says {
			t.Errorf("%v is the violation %+v", test.err, v)
		}
	}
}

// TestCounts tells what happened, and how often.
func TestCounts(t *testing.T) {
	c := Counts{{Sometime{What: "crash"}, 2}, {Sometime{What: "restart"}, 0}, {Sometime{What: "late reply"}, 1}}
	if got, want := c.String(), "crash 2, late reply 1"; got != want {
		t.Errorf("it is told as %q, want %q", got, want)
	}
	if c.Of("crash") != 2 || c.Of("restart") != 0 || c.Of("nobody knows") != 0 {
		t.Errorf("crash %d, restart %d", c.Of("crash"), c.Of("restart"))
	}
	if got := (Counts{}).String(); got != "nothing" {
		t.Errorf("nothing is told as %q", got)
	}
}
