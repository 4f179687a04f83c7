package world

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Group is what kind of process a process is.
type Group uint32

// The groups there are without NewGroup.
const (
	NodeGroup   Group = iota + 1 // node-1, node-2, …
	ClientGroup                  // client-1, client-2, …
)

// groupNames are the names of all groups. Only the initialisation of packages writes here.
var groupNames = map[Group]string{NodeGroup: "node", ClientGroup: "client"}

// NewGroup returns the group whose processes are called NAME-1, NAME-2, and so on. Its number depends on the name alone
// because ids depend on it: two protocols that have a group of one name share it. It is for variables of packages,
// which are set before anything runs. It panics when the name is none, or when another name has the same number.
func NewGroup(name string) Group {
	if !isGroupName(name) {
		panic(fmt.Sprintf("world: %q cannot name a group: lower-case letters, digits and _, a letter first", name))
	}
	for g, known := range groupNames {
		if known == name {
			return g
		}
	}
	g := Group(NameOf(name) >> 32)
	if other := groupNames[g]; other != "" || g == 0 {
		panic(fmt.Sprintf("world: the group %s has the number of %q: it needs another name", name, other))
	}
	groupNames[g] = name
	return g
}

func isGroupName(s string) bool {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' }
	return s != "" && s != noName && !strings.ContainsFunc(s, other) && s[0] >= 'a'
}

// String is the name of the group.
func (g Group) String() string {
	switch g { // which spans ask for all the time
	case NodeGroup:
		return "node"
	case ClientGroup:
		return "client"
	}
	if name := groupNames[g]; name != "" {
		return name
	}
	return noName
}

// noName is that of no group and of no process.
const noName = "none"

// ProcessID names a process by its group and its number within it, so that one more node renames no client. Zero is no
// process.
type ProcessID uint64

// NewProcessID names a process; numbers begin at 1.
func NewProcessID(group Group, number uint32) ProcessID {
	return ProcessID(uint64(group)<<32 | uint64(number))
}

// ParseProcessID reads what String writes, of a process of any group that there is.
func ParseProcessID(s string) (ProcessID, error) {
	at := strings.LastIndexByte(s, '-')
	name, digits := s[:max(at, 0)], s[at+1:]
	n, err := strconv.ParseUint(digits, 10, 64)
	if err == nil && n > 0 && n <= math.MaxUint32 && digits[0] != '0' {
		for g, known := range groupNames {
			if known == name {
				return NewProcessID(g, uint32(n)), nil
			}
		}
	}
	return 0, fmt.Errorf("%q names no process: want a kind and a number from 1, such as client-2", s)
}

// Group is what kind of process it is.
func (p ProcessID) Group() Group { return Group(p >> 32) }

// Number is its number within its group.
func (p ProcessID) Number() uint32 { return uint32(p) }

// String is the process's name in traces: node-1, client-2.
func (p ProcessID) String() string {
	group := p.Group().String()
	if group == noName {
		return noName
	}
	return group + "-" + strconv.FormatUint(uint64(p.Number()), 10)
}
