package whole

import (
	"slices"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
)

// shown is what is shown of the processes of a protocol whose spec does not say it: what the landmarks name, and what
// clients ask for.
func shown(p *Protocol) span.Shown {
	l, all := &p.Landmarks, slices.Clone(kvspans.Shown())
	add := func(name, word, doc string, told ...span.Telling) {
		var groups []string
		for i := range told {
			groups = tell(p.Specs, &told[i], groups)
		}
		if told[0].Value != "" && groups != nil {
			all = append(all, span.Field{Name: name, Word: word, Doc: doc, Groups: groups, Told: told})
		}
	}
	add("role", "role", "What the process is.", span.Telling{Value: l.Role})
	term := span.Telling{Value: l.Term.Key} // other spans may tell that of who sent a message
	leads, stands := term, term
	leads.Name, leads.Kind, stands.Landmark = l.Leads.Name, l.Leads.Kind, l.Stands.Landmark
	add("term", l.Term.Word, "What numbers those that lead.", leads, stands)
	if l.Chosen.Name != "" {
		add("chosen", "chosen "+l.Position.Word, "What was agreed on last, as far as the process tells.", span.Telling{
			Landmark: l.Chosen.Landmark, Value: l.Chosen.Position,
		})
	}
	if l.Applied.Name != "" {
		add("applied", "applied "+l.Position.Word, "What the process applied last.", span.Telling{
			Landmark: l.Applied.Landmark, Value: l.Applied.Position,
		})
	}
	return all
}

// tell adds the groups of servers whose spans tell something.
func tell(specs []span.Spec, t *span.Telling, groups []string) []string {
	for i := range specs {
		s := &specs[i]
		has := slices.ContainsFunc(s.Attributes, func(a span.AttributeSpec) bool { return a.Key == t.Value })
		if !isOfServer(s) || !has || t.Name != "" && (s.Name != t.Name || s.Kind != t.Kind) {
			continue
		}
		for _, group := range s.Groups() {
			if !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups
}
