package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// functions are what templates can call.
func functions(w writer) template.FuncMap {
	return template.FuncMap{
		"after": w.after, "allLinks": allLinks, "allUses": allUses, "allowed": (*model.Attribute).Allowed,
		"appendFunc": w.appendFunc, "appendTo": w.appendTo, "arrows": arrows, "article": article, "bare": bare,
		"bits": bitSize, "camel": model.Camel, "cell": cell, "cloneOf": w.cloneOf, "code": code, "comment": w.comment,
		"cells": w.cells, "conditions": w.conditions, "includedShown": includedShown, "includedStories": includedStories,
		"landmarks": landmarks, "service": w.service, "shown": shown, "shownRows": shownRows, "storyRows": storyRows,
		"decodeFunc": w.decodeFunc, "decoded": w.decoded, "digits": digits, "embedded": w.embedded,
		"equalFields": w.equalFields, "equalOf": w.equalOf, "example": example, "fieldDoc": fieldDoc,
		"formatted": formatted, "goOf": w.goOf, "goType": w.goType, "handled": w.handled, "handles": w.handles,
		"includedEnums": w.includedEnums, "includedTypes": w.includedTypes, "joinFlat": joinFlat, "keyValue": w.keyValue,
		"kindOf": kindOf, "later": later,
		"line": func(doc string) string { return "// " + sentence(doc) }, "link": link, "linkKey": linkKey,
		"lower": model.Lower, "members": w.members, "oneOf": oneOf,
		"named": w.named, "otlp": otlp, "paragraph": paragraph, "peerService": w.peerService, "quote": strconv.Quote,
		"receiver": receiver,
		"rpc":      w.rpcValues, "scope": scope, "sentence": sentence, "serviceOf": w.serviceOf, "settingType": settingType,
		"specsOf":  w.specsOf,
		"startDoc": startDoc, "system": system, "tag": func(i int) int { return i + 1 },
		"text": w.text, "textFunc": w.textFunc, "textOfStruct": w.textOfStruct, "tree": tree,
		"use": use, "usedEvents": usedEvents,
		"usesFields": usesFields, "usual": usual, "values": values,
	}
}

// bare says whether a span starts with no attributes.
func bare(s *model.Span) bool { return len(s.Groups) == 0 && !s.RPC && len(s.Of(model.Required)) == 0 }

// use is an attribute with a level.
func use(a *model.Attribute, level string) model.Use {
	return model.Use{Attribute: a, Level: model.Level(level)}
}

// article is a word with a or an before it.
func article(word string) string {
	if strings.ContainsAny(word[:1], "AEIOaeio") {
		return "an " + word
	}
	return "a " + word
}

// receiver is the name of a type's receiver.
func receiver(name string) string { return strings.ToLower(name[:1]) }

func example(s *model.Scalar) string { return s.Prefix + "1" + s.Suffix }

// digits takes a scalar's number out of its text.
func digits(s *model.Scalar) string {
	x := "s"
	if s.Prefix != "" {
		x = fmt.Sprintf("strings.TrimPrefix(%s, %q)", x, s.Prefix)
	}
	if s.Suffix != "" {
		x = fmt.Sprintf("strings.TrimSuffix(%s, %q)", x, s.Suffix)
	}
	return x
}

func bitSize(base string) string { return strings.TrimPrefix(base, "uint") }

// oneOf lists structs of which a value is one.
func oneOf(structs []*model.Struct) string {
	names := make([]string, len(structs))
	for i, s := range structs {
		names[i] = s.Name
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// joinFlat lists the variants that hold nothing that could change.
func joinFlat(u *model.Union) string {
	var names []string
	for _, v := range u.Variants {
		if v.Flat() {
			names = append(names, v.Name)
		}
	}
	return strings.Join(names, ", ")
}

func usesFields(s *model.Struct) bool {
	if s.Text == nil {
		return len(s.Fields) > 0
	}
	return slices.ContainsFunc(s.Text, func(p model.Piece) bool { return p.Field != nil })
}

// handler is one method of a party's interface.
type handler struct{ Doc, Method, From, Name, Type string }

// handled are the methods that a party needs: one for each request it gets, one for the replies to each that it sends.
func (w writer) handled(view page, p *model.Party) []handler {
	var all []handler
	for _, e := range view.Exchanges {
		name := e.Request.Name
		if e.To == p {
			doc := fmt.Sprintf("Handle%s handles a request: %s", name, w.after(e.Request.Doc))
			if len(e.Replies) == 0 {
				doc = fmt.Sprintf("Handle%s handles a one-way message: %s", name, w.after(e.Request.Doc))
			}
			all = append(all, handler{doc, "Handle" + name, w.goType(e.Sender), "m", name})
		}
		if slices.Contains(e.Senders, p) && len(e.Replies) > 0 {
			doc := fmt.Sprintf("Handle%sReply handles a reply to %s.", name, name)
			all = append(all, handler{doc, "Handle" + name + "Reply", w.of(e.To.ID) + e.To.ID.Name, "reply", name + "Reply"})
		}
	}
	return all
}

// embedded are the interfaces that a party's handler begins with: that of an included package, and those of what the
// party is, too.
func (w writer) embedded(view page, p *model.Party) []string {
	var all []string
	for _, q := range view.Includes {
		if w.handles(page{Protocol: q}, p) {
			all = append(all, typesOf(q).alias+"."+p.Go+"Handler")
		}
	}
	if !slices.Contains(view.Parties, p) {
		return all
	}
	for _, other := range p.Is {
		if w.handles(view, other) {
			all = append(all, other.Go+"Handler")
		} else {
			all = append(all, w.embedded(view, other)...)
		}
	}
	return all
}

// handles says whether a file makes a party a handler: it declares something that is handled, or that the party is
// another that handles something.
func (w writer) handles(view page, p *model.Party) bool {
	return len(w.handled(view, p)) > 0 || slices.Contains(view.Parties, p) && len(p.Is) > 0 && len(w.embedded(view, p)) > 0
}

// goOf is the type by which an attribute is given.
func (w writer) goOf(a *model.Attribute) string {
	switch a.Kind {
	case model.String:
		return "string"
	case model.Strings:
		return "[]string"
	case model.Bool:
		return "bool"
	case model.Int:
		return "int64" // on every machine, as in OTLP
	case model.Duration:
		return "time.Duration"
	case model.Unsigned, model.Stringer:
	}
	return w.goType(a.Type)
}

// keyValue is an attribute with its value, as the API has them.
func (w writer) keyValue(a *model.Attribute, x string) string {
	return valueOf(a, w.named(a, a.Const), x)
}

// valueOf is a key with a value of an attribute's type.
func valueOf(a *model.Attribute, key, x string) string {
	switch a.Kind {
	case model.String:
		return key + ".String(" + x + ")"
	case model.Strings:
		return key + ".StringSlice(" + x + ")"
	case model.Bool:
		return key + ".Bool(" + x + ")"
	case model.Int:
		return key + ".Int64(" + x + ")"
	case model.Duration, model.Unsigned:
		return key + ".Int64(int64(" + x + "))"
	case model.Stringer:
	}
	return key + ".String(" + x + ".String())"
}

// rpcValues are the attributes that OpenTelemetry's conventions want of an RPC span.
func (w writer) rpcValues(view page, s *model.Span) []string {
	system, method, address := view.Telemetry.RPC[0], view.Telemetry.RPC[1], view.Telemetry.RPC[2]
	named := s.Address(view.Telemetry)
	x := named.Parameter
	for _, g := range s.Groups {
		if slices.Contains(g.Attributes, named) {
			x = model.Lower(g.Name) + "." + named.Short
		}
	}
	return []string{
		w.keyValue(system, w.named(system, "System")), w.keyValue(method, s.Go+"Name"),
		valueOf(named, w.named(address, address.Const), x),
	}
}

// peerService names the peer, as its service.
func (w writer) peerService(view page) string {
	peer, service := view.Telemetry.Peer, view.Telemetry.Service
	return valueOf(peer, w.named(service, service.Const), peer.Parameter)
}

// usedEvents are the events that a package's spans may have, in the order of the specs.
func usedEvents(view page) []*model.Event {
	var all []*model.Event
	for _, p := range view.All() {
		for _, e := range p.Events {
			if slices.ContainsFunc(view.Spans, func(s *model.Span) bool { return slices.Contains(s.Events, e) }) {
				all = append(all, e)
			}
		}
	}
	return all
}

// specsOf are the functions that give the spans of all files.
func (w writer) specsOf(view page) []string {
	all := []string{}
	for _, p := range view.Includes {
		if hasSpans(p) {
			all = append(all, spansOf(p).alias+".Specs")
		}
	}
	return append(all, "Specs")
}

// serviceOf is the constant of a span's service.
func (w writer) serviceOf(view page, s *model.Span) string { return w.service(view, s.Service) }

// members are those of the groups of processes that a span's service has.
func (w writer) members(view page, s *model.Span) (all []string) {
	for _, name := range view.Members(s.Service) {
		all = append(all, w.service(view, name))
	}
	return all
}

func (w writer) service(view page, name string) string {
	for _, p := range view.All() {
		for _, service := range p.Services {
			if service.Name == name {
				return w.named(service, "Service"+model.Camel(name))
			}
		}
	}
	return strconv.Quote(name)
}

// scope is the name of the instrumentation, in the package whose spec gives it; empty elsewhere.
func scope(view page) string {
	for _, p := range view.Includes {
		if p.Telemetry != nil {
			return ""
		}
	}
	return view.Telemetry.Scope
}

// linkKey is the attribute that says why a link is there, in the package that has it; nil elsewhere.
func linkKey(view page) *model.Attribute {
	if a := view.Telemetry.Link; slices.Contains(view.Attributes, a) {
		return a
	}
	return nil
}

// system is the value of rpc.system.name, in the package that has the attribute; empty elsewhere.
func system(view page) string {
	if a := view.Telemetry.RPC[0]; a != nil && slices.Contains(view.Attributes, a) {
		return view.Telemetry.System
	}
	return ""
}

// allLinks are the links of a span: its own, and that to a fault, which every span may have.
func allLinks(view page, s *model.Span) []model.Link {
	t := view.Telemetry
	if t.Fault == nil {
		return s.Links
	}
	link := model.Link{To: t.Fault}
	if t.Link != nil {
		link.Why = t.Fault.ID
	}
	return append(slices.Clone(s.Links), link)
}

// later are the attributes of a group that may change while a span lasts: all but who it is.
func later(view page, g *model.Group) []*model.Attribute {
	return slices.DeleteFunc(slices.Clone(g.Attributes), func(a *model.Attribute) bool { return a == view.Telemetry.Self })
}

// startDoc says where a span may be.
func startDoc(s *model.Span) string {
	names := make([]string, len(s.Parents))
	for i, p := range s.Parents {
		names[i] = p.Go
	}
	switch {
	case len(names) == 0:
		return ", a root"
	case s.Root:
		return ", a root or a child of " + strings.Join(names, ", ")
	}
	return ", a child of " + strings.Join(names, ", ")
}

// otlp is an attribute's type in a trace.
func otlp(a *model.Attribute) string {
	switch a.Kind {
	case model.Strings:
		return "attribute.STRINGSLICE"
	case model.Bool:
		return "attribute.BOOL"
	case model.Int, model.Duration, model.Unsigned:
		return "attribute.INT64"
	case model.String, model.Stringer:
	}
	return "attribute.STRING"
}

// allUses are all attributes of a span: its groups', its own, and those that every span and every RPC span has.
func allUses(view page, s *model.Span) []model.Use {
	var all []model.Use
	for _, g := range s.Groups {
		for _, a := range g.Attributes {
			all = append(all, model.Use{Attribute: a, Level: model.Required})
		}
	}
	if s.RPC {
		for _, a := range view.Telemetry.RPC {
			all = append(all, model.Use{Attribute: a, Level: model.Required})
		}
	}
	all = append(all, s.Uses...)
	if view.Telemetry.NamesPeer(s) {
		all = append(all, model.Use{Attribute: view.Telemetry.Service, Level: model.Required})
	}
	if view.HasSteps(s) {
		all = append(all, optional(view.Telemetry.Step), optional(view.Telemetry.EndStep))
	}
	return append(all, optional(view.Telemetry.Error), optional(view.Telemetry.Unfinished))
}

func optional(a *model.Attribute) model.Use { return model.Use{Attribute: a, Level: model.Optional} }

// fieldDoc is a field's doc, and what it begins as.
func fieldDoc(f *model.Field) string {
	doc := sentence(f.Doc)
	if f.Type.Kind == model.KindByIndex {
		doc += " Indexed by " + f.Type.Index.Name + "."
	}
	if f.Type.Kind == model.KindLong {
		doc += " Kept in chunks, so that growing moves nothing."
	}
	if f.Init != "" {
		doc += " At first: " + f.Init + "."
	}
	return strings.TrimSpace(doc)
}
