package model

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
)

func (r *resolver) transitions() {
	t := r.spec.Transitions
	if t == nil {
		return
	}
	enum, _ := find(r, r.enums, t.Enum, "enum")
	event := r.enums[t.EventEnum.Value]
	out := &Transitions{Name: t.Enum.Value + "Transition", Doc: t.Doc.Value, Enum: enum, Event: event}
	type step struct{ from, to, event string }
	seen := map[step]load.Pos{}
	for _, e := range t.Edges {
		edge := &Edge{From: r.value(enum, e.From, t.Enum.Value), To: r.value(enum, e.To, t.Enum.Value), Doc: e.Doc.Value}
		if event != nil {
			if i := slices.IndexFunc(event.Values, func(v *EnumValue) bool { return v.Name == e.Event.Value }); i >= 0 {
				edge.Event = event.Values[i]
			}
		}
		key := step{e.From.Value, e.To.Value, e.Event.Value}
		if before, ok := seen[key]; ok {
			r.faults.Add(e.At, "duplicate transition: declared in line %d", before.Line)
		}
		seen[key] = e.At
		out.Edges = append(out.Edges, edge)
	}
	r.out.Transitions = out
}

func (r *resolver) declareServices() {
	seen := r.declarations("service")
	for _, s := range r.spec.Services {
		if !r.declared(seen, s.Name, "service") && r.match(s.Name, wordName.MatchString, "service name",
			"a name such as node") {
			service := &Service{Name: s.Name.Value, Doc: s.Doc.Value}
			r.services[service.Name] = service
			r.out.Services = append(r.out.Services, service)
		}
	}
}

func (r *resolver) declareParties() {
	seen := r.declarations("party")
	for _, p := range r.spec.Parties {
		if r.declared(seen, p.Name, "party") || !r.match(p.Name, wordName.MatchString, "party name",
			"a name such as server") {
			continue
		}
		party := &Party{Name: p.Name.Value, Go: Camel(p.Name.Value), Doc: p.Doc.Value, Service: p.Service.Value}
		party.withoutID = !p.ID.Given()
		party.ID, _ = find(r, r.scalars, p.ID, "scalar type")
		if p.Roles.Given() {
			party.Roles, _ = find(r, r.enums, p.Roles, "enum")
		}
		find(r, r.services, p.Service, "service")
		r.parties[party.Name] = party
		r.out.Parties = append(r.out.Parties, party)
	}
	for i, p := range r.out.Parties {
		if p.Roles != nil {
			r.distinctRoles(p.Roles, p.Name, r.spec.Parties[i].Name)
		}
	}
	r.whatPartiesAre()
}

// whatPartiesAre resolves what parties are besides themselves, each once, and notes a party that no process could be.
func (r *resolver) whatPartiesAre() {
	for _, p := range r.spec.Parties {
		party, seen := r.parties[p.Name.Value], map[string]load.Pos{}
		for _, name := range p.Is {
			other, ok := find(r, r.parties, name, "party")
			switch {
			case !ok || party == nil || r.declared(seen, name, "party"):
			case other == party || other.isAlso(party):
				r.faults.Add(name.Pos, "party %q is itself", party.Name)
			default:
				party.Is = append(party.Is, other)
			}
		}
	}
	for i, p := range r.out.Parties {
		isIt := func(other *Party) bool { return slices.Contains(other.Is, p) }
		if p.withoutID && !slices.ContainsFunc(r.out.Parties, isIt) {
			r.faults.Add(r.spec.Parties[i].Name.Pos, "party %q has no id, and no party with one is it", p.Name)
		}
	}
}

// isAlso says whether a party is another one, directly or by what it is.
func (p *Party) isAlso(other *Party) bool {
	return slices.ContainsFunc(p.Is, func(is *Party) bool { return is == other || is.isAlso(other) })
}

// distinctRoles notes roles of a party that have the name of another party or of a role of one.
func (r *resolver) distinctRoles(roles *Enum, party string, at load.Text) {
	for _, role := range roles.Values {
		other := func(p *Party) bool {
			return p.Name == role.Name || p.Name != party && r.rolesOf(p) != nil && r.rolesOf(p).value(role.Name) != nil
		}
		if slices.ContainsFunc(r.out.AllParties(), other) {
			r.faults.Add(at.Pos, "role %q of party %q is the name of another party or of its role", role.Name, party)
		}
	}
}

// roles are the parties by their names and by those of their roles.
func (r *resolver) roles() map[string]*Party {
	known := map[string]*Party{}
	for _, p := range r.out.AllParties() {
		known[p.Name] = p
		if roles := r.rolesOf(p); roles != nil {
			for _, role := range roles.Values {
				known[role.Name] = p
			}
		}
	}
	return known
}

// senders are the parties that a list of roles and parties names.
func (r *resolver) senders(names []load.Text) []*Party {
	known := r.roles()
	var parties []*Party
	seen := map[string]load.Pos{}
	for _, name := range names {
		party, ok := find(r, known, name, "role or party")
		if ok && !r.declared(seen, name, "sender") && !slices.Contains(parties, party) {
			parties = append(parties, party)
		}
	}
	return parties
}

func (r *resolver) exchanges() {
	seen := r.declarations("exchange of")
	replyOf := map[string]load.Pos{}
	methods := r.namespace(" among handlers", "")
	before := r.faults.Count()
	for _, e := range r.spec.Exchanges {
		request, ok := find(r, r.messages, e.Request, "message")
		if r.declared(seen, e.Request, "exchange of") {
			continue
		}
		out := &Exchange{Request: request, Doc: e.Doc.Value, Method: e.Method.Value, Senders: r.senders(e.From)}
		r.match(e.Method, methodName.MatchString, "method name", "a name such as service.Name/Method")
		replies := map[string]load.Pos{}
		for _, name := range e.Replies {
			if reply, known := find(r, r.messages, name, "message"); known && !r.declared(replies, name, "reply") {
				out.Replies = append(out.Replies, reply)
				replyOf[name.Value] = name.Pos
			}
		}
		for _, from := range e.From {
			out.From = append(out.From, from.Value)
		}
		out.To, _ = find(r, r.parties, e.To, "party")
		out.Sender = r.sender(e, out)
		if out.To != nil && out.To.withoutID && len(out.Replies) > 0 {
			r.faults.Add(e.To.Pos, "party %q has no id: nobody could be told who of it replies", out.To.Name)
		}
		if ok {
			r.out.Exchanges = append(r.out.Exchanges, out)
		}
		handlers := []string{"Handle" + e.Request.Value}
		if len(out.Replies) > 0 {
			handlers = append(handlers, handlers[0]+"Reply")
		}
		methods.claim("exchange "+e.Request.Value, e.Request, handlers...)
	}
	if r.faults.Count() > before {
		return // a wrong name may be that of the message that seems to be left out
	}
	for _, m := range r.spec.Messages {
		_, request := seen[m.Name.Value]
		_, reply := replyOf[m.Name.Value]
		if m.Name.Given() && !request && !reply {
			r.faults.Add(m.Name.Pos, "message %q is in no exchange", m.Name.Value)
		}
	}
}

// sender is the type by which a handler is told who asked: the sending party's id, unless the spec says otherwise.
func (r *resolver) sender(e load.Exchange, out *Exchange) *Type {
	if e.Sender.Given() {
		return r.typeOf(e.Sender.Value, func(offset int, format string, arguments ...any) {
			r.faults.Add(e.Sender.At(offset), format, arguments...)
		})
	}
	var id *Scalar
	for i, p := range out.Senders {
		if p.withoutID {
			r.faults.Add(e.From[0].Pos, "party %q has no id: `sender` must say which type a handler gets", p.Name)
		}
		if i > 0 && p.ID != id {
			r.faults.Add(e.From[0].Pos,
				"%s is sent by parties with different ids: `sender` must say which type a handler gets", e.Request.Value)
		}
		id = p.ID
	}
	if id == nil {
		return nil
	}
	return r.named(id.Name)
}

func (r *resolver) scopes() {
	seen, fields := map[string]load.Pos{}, map[string]string{}
	for _, s := range r.spec.State {
		if r.declared(seen, s.Scope, "scope") || !r.match(s.Scope, wordName.MatchString, "scope name",
			"a name such as persistent") {
			continue
		}
		scope := &Scope{Name: s.Scope.Value, Role: s.Role.Value, Reset: s.Restart.Value == "reset"}
		if s.Restart.Given() && s.Restart.Value != "reset" && s.Restart.Value != "kept" {
			r.faults.Undefined(s.Restart.Pos, "restart", s.Restart.Value, []string{"kept", "reset"})
		}
		scope.Struct = &Struct{Name: Camel(scope.Name) + "State", Doc: s.Doc.Value}
		r.structFields(scope.Struct, s.Fields)
		for _, f := range s.Fields {
			if other, ok := fields[Camel(f.Name.Value)]; ok {
				r.faults.Add(f.Name.Pos, "field %q is in scope %q already", f.Name.Value, other)
			}
			fields[Camel(f.Name.Value)] = scope.Name
		}
		find(r, r.roles(), s.Role, "role or party")
		r.out.Scopes = append(r.out.Scopes, scope)
	}
}

// spansOfExchanges notes exchanges that no span tells of. A spec may leave telemetry out, but not of a message alone:
// its traces would lack what happened.
func (r *resolver) spansOfExchanges() {
	if len(r.spec.Spans) == 0 {
		return
	}
	var names []string
	for _, p := range r.out.All() {
		for _, s := range p.Spans {
			names = append(names, s.Name)
		}
	}
	for _, e := range r.spec.Exchanges {
		if !e.Method.Given() || r.faults.At(e.Method.Pos) || slices.Contains(names, e.Method.Value) {
			continue
		}
		kinds := "client and server"
		if len(e.Replies) == 0 {
			kinds = "producer and consumer"
		}
		near := ""
		if nearest := load.Nearest(e.Method.Value, names); nearest != "" {
			near = fmt.Sprintf(" (nearest: %q)", nearest)
		}
		r.faults.Add(e.Method.Pos,
			"no span has the name %q%s: add one for each side of the exchange to `spans`, of the kinds %s", e.Method.Value, near,
			kinds)
	}
}
