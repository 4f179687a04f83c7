package world

import (
	"fmt"
	"strings"
	"testing"
)

var acceptors = NewGroup("acceptor")

// The number of a group depends on its name alone: ids that a trace has depend on it.
func TestGroups(t *testing.T) {
	if acceptors != 0xccb9af53 {
		t.Errorf("acceptors have the number %#x, and had another", uint32(acceptors))
	}
	if NewGroup("acceptor") != acceptors || NewGroup("node") != NodeGroup || NewGroup("client") != ClientGroup {
		t.Error("a name that is there already makes another group")
	}
	if p := NewProcessID(acceptors, 3); p.String() != "acceptor-3" || p.Group() != acceptors || p.Number() != 3 {
		t.Errorf("the third acceptor is %q, number %d of %q", p, p.Number(), p.Group())
	}
	if p := NewProcessID(7, 1); p.String() != "none" || p.Group().String() != "none" {
		t.Errorf("a process of no group is %q of %q", p, p.Group())
	}
}

func TestGroupsThatCannotBe(t *testing.T) {
	groupNames[Group(NameOf("taken")>>32)] = "other"
	defer delete(groupNames, Group(NameOf("taken")>>32))
	for name, wants := range map[string]string{
		"taken": `the number of "other"`, "": "cannot name", "none": "cannot name", "Node": "cannot name",
		"a-b": "cannot name", "1a": "cannot name", "_a": "cannot name", "é": "cannot name",
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if reason := fmt.Sprint(recover()); !strings.Contains(reason, wants) {
					t.Errorf("it panics with %s, want %s", reason, wants)
				}
			}()
			NewGroup(name)
		})
	}
}

func TestProcessesAreReadAsTheyAreWritten(t *testing.T) {
	for _, p := range []ProcessID{
		NewProcessID(NodeGroup, 1), NewProcessID(ClientGroup, 1<<32-1), NewProcessID(acceptors, 20),
	} {
		if got, err := ParseProcessID(p.String()); got != p || err != nil {
			t.Errorf("ParseProcessID(%q) = %s, %v", p, got, err)
		}
	}
	for _, s := range []string{
		"", "none", "node", "-1", "node-", "node-0", "node-01", "node-+1", "node--1", "node-4294967296", "Node-1", "nodes-1",
		" node-1", "node-1 ", "none-1",
	} {
		if got, err := ParseProcessID(s); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", s)) {
			t.Errorf("ParseProcessID(%q) = %s, %v, want an error", s, got, err)
		}
	}
}
