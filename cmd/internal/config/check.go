package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// crossCheck finds what is wrong between values that are each right by themselves.
func (r *reader) crossCheck() {
	c := r.config
	r.together([]string{"raft.first_leader", "num_nodes"}, c.Raft.FirstLeader > c.NumNodes,
		fmt.Sprintf("there is no node-%d to be the first leader", c.Raft.FirstLeader))
	r.together([]string{"raft.first_leader", "raft.election_timeout"},
		c.Raft.FirstLeader == 0 && c.Raft.ElectionTimeout == world.Range{}, "no node would ever stand for election")
	for _, f := range r.placedFaults {
		r.exist(f.named)
		client, number := f.row.At.Process, f.row.At.Number
		if f.row.At.Kind == AtSend && !r.wrong["requests_per_client"] && number > uint64(r.operationsOf(client)) {
			r.complainAt(f.where("at"), "%s never sends %d: %s", client, number, r.saysOperations(client))
		}
	}
	for _, o := range r.placedOperations {
		r.exist(o.named)
	}
	for _, l := range r.placedLinks {
		r.exist(l.named)
	}
	r.checkExpects()
}

// checkExpects finds what is expected of processes and operations that the run does not have.
func (r *reader) checkExpects() {
	for _, e := range r.placedExpects {
		r.exist(e.named)
		client, number, _ := parseRequest(e.row.Operation) // 0 when it names none
		if number > uint64(r.operationsOf(client)) {
			r.complainAt(e.origin, "there is no operation %s: %s", e.row.Operation, r.saysOperations(client))
		}
	}
}

// operationsOf is the number of a client's last operation.
func (r *reader) operationsOf(client world.ProcessID) int {
	if len(r.placedOperations) == 0 {
		return r.config.RequestsPerClient
	}
	last := 0
	for _, o := range r.placedOperations {
		if o.row.Client == client {
			last = max(last, o.row.Number)
		}
	}
	return last
}

func (r *reader) saysOperations(client world.ProcessID) string {
	if len(r.placedOperations) == 0 {
		return "requests_per_client is " + r.says("requests_per_client")
	}
	return fmt.Sprintf("the last [[operation]] of %s is %d", client, r.operationsOf(client))
}

// together complains about keys whose values do not go together, at the one that was given last.
func (r *reader) together(keys []string, bad bool, why string) {
	if !bad || slices.ContainsFunc(keys, func(k string) bool { return r.wrong[k] }) {
		return
	}
	var at positions.Origin
	for _, key := range keys {
		if o, ok := r.given[key]; ok && (at.Source == nil || o.Compare(at) > 0) {
			at = o
		}
	}
	if at.Source == nil {
		return // the defaults go together: a test says so
	}
	says := make([]string, len(keys))
	for i, key := range keys {
		says[i] = key + " is " + r.says(key)
	}
	r.complainAt(at, "%s: %s", why, strings.Join(says, ", and "))
}

// says is the value of a key and where it comes from.
func (r *reader) says(key string) string {
	s, _ := settingOf(key)
	value := s.write(r.config)
	if o, ok := r.given[key]; ok {
		return fmt.Sprintf("%s (%s)", value, o.Where())
	}
	if value != s.write(Default()) {
		return value // a config that was read before: see Expecting
	}
	return value + " (the default)"
}

// exist complains about processes that the run does not have.
func (r *reader) exist(all []named) {
	for _, n := range all {
		key, most := "num_nodes", r.config.NumNodes
		if n.process.Group() == world.ClientGroup {
			key, most = "num_clients", r.config.NumClients
		}
		if !r.wrong[key] && uint64(n.process.Number()) > uint64(most) {
			r.complainAt(n.origin, "there is no %s: %s is %s", n.process, key, r.says(key))
		}
	}
}
