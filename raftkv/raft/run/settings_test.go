package run

import (
	"reflect"
	"testing"

	"github.com/raftkv/raftkv/raftkv/run"
)

// TestSettings holds the table of settings against the struct: each has a field of its own, of the type of its usual
// value, and no field is left out.
func TestSettings(t *testing.T) {
	var s Settings
	fields := reflect.ValueOf(&s).Elem()
	of := map[any]string{} // the setting of each field
	for _, setting := range settings {
		at := setting.Field(&s)
		if usual := reflect.TypeOf(setting.Usual); reflect.TypeOf(at) != reflect.PointerTo(usual) {
			t.Errorf("%s: the usual value is a %s, and the field a %T", setting.Name, usual, at)
		}
		if other, is := of[at]; is {
			t.Errorf("%s and %s are the same field", other, setting.Name)
		}
		of[at] = setting.Name
	}
	for i := range fields.NumField() {
		if _, is := of[fields.Field(i).Addr().Interface()]; !is {
			t.Errorf("no setting gives %s its value", fields.Type().Field(i).Name)
		}
	}
}

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
		if got := s.Clashes(test.servers); (len(got) == 1) != test.want {
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
