package world_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/world"
)

// told is a span that keeps what it is told.
type told struct {
	off   bool
	notes *[]string
}

func (s told) note(what string) { *s.notes = append(*s.notes, what) }

func (s told) On() bool                               { return !s.off }
func (s told) SetSize(bytes int64)                    { s.note("size " + time.Duration(bytes).String()) }
func (s told) Drop(cause string)                      { s.note("drop " + cause) }
func (s told) Delay(cause string, _ time.Duration)    { s.note("delay " + cause) }
func (s told) Duplicate(cause string, _ int64)        { s.note("duplicate " + cause) }
func (s told) LateCopy(cause string, _ time.Duration) { s.note("late copy " + cause) }

// long is a message of so many bytes.
type long int

func (l long) EncodedSize() int { return int(l) }

// TestNoteFate has a span told how long its message is, if it is on and the message knows that, and what happens to it.
func TestNoteFate(t *testing.T) {
	lost := world.Fate{Message: long(7), Drop: world.CauseFault, Duplicate: world.CauseNetwork}
	for _, c := range []struct {
		off  bool
		fate world.Fate
		want []string
	}{
		{false, lost, []string{"size 7ns", "drop fault", "duplicate network"}},
		{false, world.Fate{Message: long(7)}, []string{"size 7ns"}},
		{false, world.Fate{Drop: world.CauseNetwork}, []string{"drop network"}},
		{true, world.Fate{Message: long(7)}, nil},
	} {
		var notes []string
		world.NoteFate(told{c.off, &notes}, c.fate)
		if diff := cmp.Diff(c.want, notes); diff != "" {
			t.Errorf("of %+v a span is told (-want +got):\n%s", c.fate, diff)
		}
	}
}
