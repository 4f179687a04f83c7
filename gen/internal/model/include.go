package model

import (
	"maps"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// include makes known what another file declares, and what it includes.
func (r *resolver) include(other *resolver) {
	for _, p := range other.out.All() {
		if !slices.Contains(r.out.Includes, p) {
			r.out.Includes = append(r.out.Includes, p)
			r.content[p] = other.content[p]
		}
	}
	for what, places := range other.seen {
		seen := r.declarations(what)
		for name, pos := range places {
			if before, ok := seen[name]; ok && before != pos {
				r.faults.Add(pos, "duplicate %s %q: declared in %s", what, name, r.faults.Place(before, pos))
			}
			seen[name] = pos
		}
	}
	maps.Copy(r.scalars, other.scalars)
	maps.Copy(r.enums, other.enums)
	maps.Copy(r.records, other.records)
	maps.Copy(r.parties, other.parties)
	maps.Copy(r.services, other.services)
	maps.Copy(r.attributes, other.attributes)
	maps.Copy(r.groups, other.groups)
	maps.Copy(r.events, other.events)
	maps.Copy(r.spans, other.spans)
	for name, union := range other.unions {
		if slices.Contains(families, name) {
			name = other.out.Family(union)
		}
		r.unions[name] = union
	}
}

// families are the unions that each file may have. One of another file is written with its name: kv.Message is that of
// kv.yaml.
var families = []string{"Message", "Input", "Effect"}

// declarations are the places where what is called so was declared, by name.
func (r *resolver) declarations(what string) map[string]load.Pos {
	if r.seen[what] == nil {
		r.seen[what] = map[string]load.Pos{}
	}
	return r.seen[what]
}

// extendParties gives roles to parties that other files declare.
func (r *resolver) extendParties() {
	for _, x := range r.spec.Roles {
		party, ok := find(r, r.parties, x.Party, "party")
		enum, known := find(r, r.enums, x.Enum, "enum")
		switch {
		case !ok || !known:
		case slices.Contains(r.out.Parties, party):
			r.faults.Add(x.Party.Pos, "party %q is declared in this file: give it its roles there", party.Name)
		case r.rolesOf(party) != nil:
			r.faults.Add(x.Party.Pos, "party %q has roles already: %s", party.Name, r.rolesOf(party).Name)
		default:
			r.out.Roles = append(r.out.Roles, Roles{party, enum})
			r.distinctRoles(enum, party.Name, x.Party)
		}
	}
}

// rolesOf are the roles of a party; nil when it has none.
func (r *resolver) rolesOf(party *Party) *Enum {
	for _, p := range r.out.All() {
		for _, x := range p.Roles {
			if x.Party == party {
				return x.Enum
			}
		}
	}
	return party.Roles
}
