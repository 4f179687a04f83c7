package spans_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// argument is some value of a parameter's type that is not zero.
func argument(t *testing.T, of reflect.Type) reflect.Value {
	t.Helper()
	v := reflect.New(of).Elem()
	switch {
	case of == reflect.TypeFor[kv.Command]():
		v.Set(reflect.ValueOf(kv.Noop{}))
	case of == reflect.TypeFor[span.Link]():
		v.Set(reflect.ValueOf(worldspans.LinkTo(span.Ref{Root: 1, ID: 3}, worldspans.LinkFault)))
	case of == reflect.TypeFor[span.Begin]():
		v.Set(reflect.ValueOf(span.Begin{Self: span.Ref{Root: 1, ID: 2}, Parent: 1}))
	case of.Kind() == reflect.Struct:
		for i := range of.NumField() {
			v.Field(i).Set(argument(t, of.Field(i).Type))
		}
	case of.Kind() == reflect.String:
		v.SetString("text")
	case of.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, argument(t, of.Elem())))
	case of.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	default:
		t.Fatalf("the test has no %v", of)
	}
	return v
}

// call calls a method with some arguments.
func call(t *testing.T, method reflect.Value) []reflect.Value {
	t.Helper()
	var arguments []reflect.Value
	for i := range method.Type().NumIn() {
		arguments = append(arguments, argument(t, method.Type().In(i)))
	}
	return method.Call(arguments)
}

// starters are the methods of all packages of spans that start spans with a tracer, by name.
func starters(t *span.Tracer) map[string]reflect.Value {
	methods := map[string]reflect.Value{}
	for _, tracer := range []any{worldspans.Tracer{Tracer: t}, kvspans.Tracer{Tracer: t}, spans.Tracer{Tracer: t}} {
		of := reflect.ValueOf(tracer)
		for i := range of.NumMethod() {
			if name := of.Type().Method(i).Name; name != "Start" && strings.HasPrefix(name, "Start") {
				methods[name] = of.Method(i)
			}
		}
	}
	return methods
}

// base are the methods that generated ones are made of, and those that end a span.
var base = []string{"Set", "Event", "End", "Fail", "Unfinished"}

// everything starts a span and calls each of its methods, one that ends it last.
func everything(t *testing.T, tracer spans.Tracer, starter string) {
	t.Helper()
	span := call(t, starters(tracer.Tracer)[starter])[0]
	for i := range span.NumMethod() {
		if name := span.Type().Method(i).Name; !slices.Contains(base, name) {
			call(t, span.Method(i))
		}
	}
	call(t, span.MethodByName("End"))
}

// A span that does all that it can has exactly what the table says that it may have.
func TestStartersFollowSpecs(t *testing.T) {
	specs := map[string]span.Spec{}
	for _, spec := range spans.AllSpecs() {
		specs[strings.ReplaceAll(spec.ID, "_", "")] = spec
	}
	names := slices.Sorted(maps.Keys(starters(nil)))
	if len(specs) != len(names) {
		t.Errorf("%d spans, and %d starters", len(specs), len(names))
	}
	for _, starter := range names {
		t.Run(starter, func(t *testing.T) {
			spec, ok := specs[strings.ToLower(strings.TrimPrefix(starter, "Start"))]
			if !ok {
				t.Fatal("no spec")
			}
			tracer, ended := record()
			if spec.Service != worldspans.ServiceWorld {
				step := uint64(0)
				tracer.Follow(&clock{step: func() uint64 { step++; return step }})
			}
			everything(t, tracer, starter)
			got := only(t, ended)
			name := spec.Name
			for range spec.NamedAfter {
				name += " text"
			}
			if got.Name != name || got.Kind != spec.Kind {
				t.Errorf("%s is %v, want %s, %v", got.Name, got.Kind, name, spec.Kind)
			}
			always := []span.AttributeSpec{{Key: worldspans.ErrorTypeKey}, {Key: worldspans.RaftUnfinishedKey}}
			want := slices.DeleteFunc(spec.Attributes, func(a span.AttributeSpec) bool {
				return slices.ContainsFunc(always, func(other span.AttributeSpec) bool { return other.Key == a.Key })
			})
			compare(t, "attributes",
				slices.DeleteFunc(got.Attributes,
					func(a attribute.KeyValue) bool { return a.Key == worldspans.ErrorTypeKey }), want)

			tracer, ended = record()
			call(t, call(t, starters(tracer.Tracer)[starter])[0].MethodByName("End"))
			must := slices.DeleteFunc(slices.Clone(want), func(a span.AttributeSpec) bool { return a.Level == span.Optional })
			compare(t, "attributes of a span that has only what it must", only(t, ended).Attributes, must)

			if len(got.Events) != len(spec.Events) {
				t.Errorf("%d events, want %d", len(got.Events), len(spec.Events))
			}
			for _, event := range spec.Events {
				i := slices.IndexFunc(got.Events, func(e span.Event) bool { return e.Name == event.Name })
				if i < 0 {
					t.Errorf("no event %s", event.Name)
					continue
				}
				// What a starter's event never has is told by a recorder, after the span's end.
				compare(t, event.Name, got.Events[i].Attributes,
					slices.DeleteFunc(slices.Clone(event.Attributes), func(a span.AttributeSpec) bool {
						return a.Level == span.Optional && a.Key != worldspans.RaftkvStepKey
					}))
			}
		})
	}
}

func compare(t *testing.T, what string, got []attribute.KeyValue, want []span.AttributeSpec) {
	t.Helper()
	var have, should []string
	for _, a := range got {
		have = append(have, fmt.Sprint(a.Key, " ", a.Value.Type()))
	}
	for _, a := range want {
		should = append(should, fmt.Sprint(a.Key, " ", a.Type))
	}
	slices.Sort(have)
	slices.Sort(should)
	if !slices.Equal(have, should) {
		t.Errorf("%s\n%v\nwant\n%v", what, have, should)
	}
}

func TestSpecs(t *testing.T) {
	all := spans.AllSpecs()
	byID := map[string]span.Spec{}
	for _, spec := range all {
		byID[spec.ID] = spec
	}
	for _, spec := range all {
		for _, parent := range spec.Parents {
			if byID[parent].ID == "" {
				t.Errorf("%s has a parent that there is not: %s", spec.ID, parent)
			}
		}
		if spec.Service == "" || !spec.Root && len(spec.Parents) == 0 {
			t.Errorf("incomplete: %+v", spec)
		}
	}
	apply := byID[spans.ApplyID]
	i := slices.IndexFunc(apply.Attributes, func(a span.AttributeSpec) bool { return a.Key == spans.RaftRoleKey })
	if i < 0 || !slices.Equal(apply.Attributes[i].Values, []string{"follower", "candidate", "leader"}) ||
		apply.Attributes[i].Level != span.Required {
		t.Errorf("the role of %+v", apply)
	}
}
