package run

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// TestClones changes a clone, and looks at the original.
func TestClones(t *testing.T) {
	s := &Settings{MaxEntries: 1, FirstLeader: 2}
	clone := s.Clone().(*Settings)
	if clone.MaxEntries = 2; s.MaxEntries != 1 || clone.FirstLeader != 2 {
		t.Errorf("the original is %+v, and the clone %+v", s, clone)
	}
}

// TestClashes looks which settings do not go together.
func TestClashes(t *testing.T) {
	for _, test := range []struct {
		first, servers int
		timeouts, want bool
	}{
		{first: 3, servers: 3, want: false},
		{first: 4, servers: 3, want: true},
		{first: 0, servers: 3, want: true},
		{first: 0, servers: 3, timeouts: true, want: false},
	} {
		s := &Settings{FirstLeader: test.first}
		if test.timeouts {
			s.ElectionTimeout.Max = 1
		}
		if got := s.Clashes(run.Counts{{Group: world.NodeGroup, Number: test.servers}}); (len(got) == 1) != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// TestNames finds bugs and invariants by their names.
func TestNames(t *testing.T) {
	p := Protocol()
	for _, b := range p.Bugs {
		for _, name := range b.CaughtBy {
			if _, known := p.Invariant(name); !known {
				t.Errorf("%s is caught by %s, which is no invariant", b.Name, name)
			}
		}
		if found, known := p.BugNamed(b.Name); !known || found.Doc != b.Doc {
			t.Errorf("%s is found as %+v", b.Name, found)
		}
	}
	if b, known := p.BugNamed(""); known {
		t.Errorf("without a name %+v is found", b)
	}
}

var _ run.Settings = (*Settings)(nil)
