package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/world"
)

// crossCheck finds what is wrong between values that are each right by themselves.
func (r *reader) crossCheck() {
	c := r.config
	r.together([]string{"raft.first_leader", "num_nodes"}, c.Raft.FirstLeader > c.NumNodes,
		fmt.Sprintf("there is no node-%d to be the first leader", c.Raft.FirstLeader))
	r.together([]string{"raft.first_leader", "raft.election_timeout"}, c.Raft.FirstLeader == 0 && c.Raft.ElectionTimeout == world.Range{},
		"no node would ever stand for election")
	for _, f := range r.placedFaults {
		r.exist(f.named)
		if f.At.Kind == AtSend && !r.wrong["requests_per_client"] && f.At.Number > uint64(c.RequestsPerClient) {
			r.complainAt(f.when, "%s never sends %d: requests_per_client is %s", f.At.Process, f.At.Number, r.says("requests_per_client"))
		}
	}
	for _, e := range r.placedExpects {
		r.exist([]placedProcess{{e.Leader, e.origin}})
	}
}

// together complains about keys whose values do not go together, at the one that was given last.
func (r *reader) together(keys []string, bad bool, why string) {
	if !bad || slices.ContainsFunc(keys, func(k string) bool { return r.wrong[k] }) {
		return
	}
	var at origin
	for _, key := range keys {
		if o, ok := r.given[key]; ok && (at.source == nil || o.later(at)) {
			at = o
		}
	}
	if at.source == nil {
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
	where := "the default"
	if o, ok := r.given[key]; ok {
		where = o.where()
	}
	return fmt.Sprintf("%s (%s)", s.value(r.config).write(), where)
}

// exist complains about processes that the run does not have.
func (r *reader) exist(named []placedProcess) {
	for _, n := range named {
		key, most := "num_nodes", r.config.NumNodes
		if n.process.Group() == world.ClientGroup {
			key, most = "num_clients", r.config.NumClients
		}
		if !r.wrong[key] && uint64(n.process.Number()) > uint64(most) {
			r.complainAt(n.origin, "there is no %s: %s is %s", n.process, key, r.says(key))
		}
	}
}
