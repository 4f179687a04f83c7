package model

import "slices"

// ExchangeOf is the exchange that a span is one side of: the span has the name of its method. It is nil for a span that
// is none.
func (p *Protocol) ExchangeOf(s *Span) *Exchange {
	if s.Kind == "internal" {
		return nil
	}
	for _, q := range p.All() {
		for _, e := range q.Exchanges {
			if e.Method == s.Name {
				return e
			}
		}
	}
	return nil
}

// RepliesOf are the replies that a span may name, which has an attribute for that: those to its request, or, of what is
// done about a reply that was given before, those of its parents.
func (p *Protocol) RepliesOf(s *Span) (all []*Struct) {
	named := func(a *Attribute) bool { return s.Level(a) != "" }
	switch e := p.ExchangeOf(s); {
	case !slices.ContainsFunc(p.Replies(), named):
		return nil
	case e != nil:
		return e.Replies
	case s.Kind != "internal":
		return nil
	}
	for _, parent := range s.Parents {
		if e := p.ExchangeOf(parent); e != nil && parent.Kind == "server" {
			all = append(all, e.Replies...)
		}
	}
	return all
}

// Members are the services of the parties that are one of a service, too, if that is of no single party. They are in
// the spec's order.
func (p *Protocol) Members(service string) (all []string) {
	parties := p.AllParties()
	at := slices.IndexFunc(parties, func(party *Party) bool { return party.Service == service && party.ID == nil })
	if at < 0 {
		return nil
	}
	for _, party := range parties {
		if party.ID != nil && party.is(parties[at]) {
			all = append(all, party.Service)
		}
	}
	return all
}

// is says whether a party is another one, too.
func (p *Party) is(other *Party) bool {
	return p == other || slices.ContainsFunc(p.Is, func(q *Party) bool { return q.is(other) })
}
