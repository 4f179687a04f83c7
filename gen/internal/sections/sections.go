// Package sections resolves those sections of a spec that nothing else in it refers to: what the tools know a protocol
// by, and not what it is made of.
//
//	settings.go   the keys of the protocol's section of a config
//	landmarks.go  the attributes and spans that tools know it by
//	story.go      what a story tells of spans
//	shown.go      what a viewer shows of a process's state, and what tells it
//	text.go       texts about spans
package sections

import (
	"maps"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

// resolver resolves the sections of one file.
type resolver struct {
	spec   *load.Spec
	out    *model.Protocol
	faults *load.Faults

	attributes map[string]*model.Attribute // of this file and of all that it includes
	spans      map[string]*model.Span
	messages   map[string]*model.Struct
	events     map[string]*model.Event
	services   map[string]*model.Service
}

// All resolves all of these sections of a file.
func All(spec *load.Spec, p *model.Protocol, faults *load.Faults) {
	r := &resolver{
		spec: spec, out: p, faults: faults, attributes: map[string]*model.Attribute{}, spans: map[string]*model.Span{},
		messages: map[string]*model.Struct{}, events: map[string]*model.Event{}, services: map[string]*model.Service{},
	}
	for _, q := range p.All() {
		for _, a := range q.Attributes {
			r.attributes[a.Key] = a
		}
		for _, s := range q.Spans {
			r.spans[s.ID] = s
		}
		for _, e := range q.Events {
			r.events[e.Name] = e
		}
		for _, s := range q.Services {
			r.services[s.Name] = s
		}
		for _, m := range q.Messages.Variants {
			r.messages[m.Name] = m
		}
	}
	r.settings()
	r.landmarks()
	r.story()
	r.shown()
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// find looks a name up; an undefined one is a fault.
func find[V any](r *resolver, defined map[string]V, name load.Text, what string) (found V, ok bool) {
	if !name.Given() {
		return found, false
	}
	if found, ok = defined[name.Value]; !ok {
		r.faults.Undefined(name.Pos, what, name.Value, keys(defined))
	}
	return found, ok
}
