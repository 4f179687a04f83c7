package raft_test

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// variable is one of a server's state, as a text.
type variable struct{ name, value string }

// states are the variables of each server, by NodeID.
func (s *script) states() [][]variable {
	all := make([][]variable, len(s.servers))
	for _, server := range s.servers[1:] {
		all[server.id] = variablesOf(s.state(server.id))
	}
	return all
}

// variablesOf are all there are, whatever the spec declares.
func variablesOf(state *protocol.State) []variable {
	var all []variable
	v := reflect.ValueOf(*state)
	for _, field := range reflect.VisibleFields(v.Type()) {
		if field.Anonymous {
			continue
		}
		value := v.FieldByIndex(field.Index).Interface()
		if log, is := value.(list.List[protocol.LogEntry]); is {
			value = describeEntries(0, log.AppendTo(nil, 0, log.Len()))
		}
		all = append(all, variable{field.Name, fmt.Sprint(value)})
	}
	return all
}

// changesOf says which variables changed, a line for each server.
func changesOf(before, after [][]variable) string {
	var b strings.Builder
	for id := range before {
		var changed []string
		for i, was := range before[id] {
			if is := after[id][i]; is != was {
				changed = append(changed, fmt.Sprintf("%s %s -> %s", was.name, was.value, is.value))
			}
		}
		if len(changed) > 0 {
			fmt.Fprintf(&b, "%d has %s\n", id, strings.Join(changed, ", "))
		}
	}
	if b.Len() == 0 {
		return "no state changes\n"
	}
	return b.String()
}
