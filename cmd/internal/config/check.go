package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// crossCheck finds what is wrong between values that are each right by themselves.
func (r *reader) crossCheck() {
	c := r.config
	for _, clash := range c.Settings.Clashes(c.Counts) {
		r.together(clash.Keys, clash.Why)
	}
	for _, f := range r.placedFaults {
		r.exist(f.Named)
		client, number := f.Value.At.Process, f.Value.At.Number
		if f.Value.At.Kind == AtSend && !r.wrong["requests_per_client"] && number > uint64(r.operationsOf(client)) {
			r.ComplainAt(f.Where("at"), "%s never sends %d: %s", client, number, r.saysOperations(client))
		}
	}
	for _, o := range r.placedOperations {
		r.exist(o.Named)
	}
	for _, l := range r.placedLinks {
		r.exist(l.Named)
	}
	r.checkExpects()
}

// checkExpects finds what is expected of processes and operations that the run does not have.
func (r *reader) checkExpects() {
	for _, e := range r.placedExpects {
		r.exist(e.Named)
		client, number, _ := parseRequest(e.Value.Operation) // 0 when it names none
		if number > uint64(r.operationsOf(client)) {
			r.ComplainAt(e.Origin, "there is no operation %s: %s", e.Value.Operation, r.saysOperations(client))
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
		if o.Value.Client == client {
			last = max(last, o.Value.Number)
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
func (r *reader) together(keys []string, why string) {
	if slices.ContainsFunc(keys, func(k string) bool { return r.wrong[k] }) {
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
	r.ComplainAt(at, "%s: %s", why, strings.Join(says, ", and "))
}

// says is the value of a key and where it comes from.
func (r *reader) says(key string) string {
	s, _ := r.schema.settingOf(key)
	value := s.Write(r.config)
	if o, ok := r.given[key]; ok {
		return fmt.Sprintf("%s (%s)", value, o.Where())
	}
	if value != s.Write(r.schema.defaults()) {
		return value // a config that was read before: see Expecting
	}
	return value + " (the default)"
}

// exist complains about processes that the run does not have.
func (r *reader) exist(all []keys.Named) {
	for _, n := range all {
		key, most := "num_clients", r.config.NumClients
		if party := r.schema.Party(n.Process.Group()); party != nil {
			key, most = party.Key, r.config.Counts.Of(party.Group)
		}
		if !r.wrong[key] && uint64(n.Process.Number()) > uint64(most) {
			r.ComplainAt(n.Origin, "there is no %s: %s is %s", n.Process, key, r.says(key))
		}
	}
}
