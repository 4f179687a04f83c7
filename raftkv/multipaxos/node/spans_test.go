package node_test

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// TestIDsWithBugs wants that no two spans of a run have one id, and that each has a parent that the spec allows,
// whatever is built in.
func TestIDsWithBugs(t *testing.T) {
	for _, bug := range multipaxos.Bugs() {
		for seed := range uint64(4) {
			config := usual()
			config.Bug, config.CatchUpDelay = bug.Bug, 3*ms
			b := newTestbed(t, sim.Config{Seed: seed, Loss: 0.2, Duplicate: 0.1}, config, 3, 20, true)
			b.tolerant = true
			b.at(150*ms, b.sim.Crash, b.replicas[0].ID())
			b.at(200*ms, b.sim.Restart, b.replicas[0].ID())
			b.run()
			if conforms(t, b.trace.Spans); t.Failed() {
				t.Fatalf("%s, seed %d", bug.Name, seed)
			}
		}
	}
}

// conforms wants of all spans what the spec says, and that no two have one id.
func conforms(t *testing.T, all []span.Span) {
	t.Helper()
	ids := map[world.CausalID]*span.Span{}
	for i := range all {
		if other := ids[all[i].ID]; other != nil {
			t.Errorf("%s %s and %s %s have one id", other.Service, other.Name, all[i].Service, all[i].Name)
		}
		ids[all[i].ID] = &all[i]
	}
	for i := range all {
		s := &all[i]
		spec := specOf(s)
		if spec == nil {
			t.Errorf("the spec has no span %s of kind %v", s.Name, s.Kind)
			continue
		}
		parent := ids[s.Parent]
		switch {
		case s.Parent == 0 && !spec.Root:
			t.Errorf("%s %s is a root", s.Service, spec.ID)
		case s.Parent != 0 && parent == nil:
			t.Errorf("%s %s has no parent", s.Service, spec.ID)
		case parent != nil && !slices.Contains(spec.Parents, specOf(parent).ID):
			t.Errorf("%s %s is below %s", s.Service, spec.ID, specOf(parent).ID)
		}
		if s.End.Before(s.Start) || s.End.Equal(s.Start) {
			t.Errorf("%s %s has no width", s.Service, spec.ID)
		}
		attributesConform(t, s, spec)
		linksConform(t, s, spec, ids)
	}
}

var specs = spans.AllSpecs()

func specOf(s *span.Span) *span.Spec {
	for i := range specs {
		if specs[i].Name == s.Name && specs[i].Kind == s.Kind {
			return &specs[i]
		}
	}
	return nil
}

func attributesConform(t *testing.T, s *span.Span, spec *span.Spec) {
	t.Helper()
	failed := s.Attribute("error.type").AsString() != "" || s.Attribute("raft.unfinished").AsBool()
	for _, a := range spec.Attributes {
		v := s.Attribute(a.Key)
		has := slices.ContainsFunc(s.Attributes, func(kv attribute.KeyValue) bool { return kv.Key == a.Key })
		if !has && (a.Level == span.Required || a.Level == span.Answered && !failed) {
			t.Errorf("%s %s has no %s", s.Service, spec.ID, a.Key)
		}
		if has && (v.Type() != a.Type || a.Values != nil && !slices.Contains(a.Values, v.AsString())) {
			t.Errorf("%s %s has %s = %v", s.Service, spec.ID, a.Key, v.String())
		}
	}
	for _, a := range s.Attributes {
		if !slices.ContainsFunc(spec.Attributes, func(d span.AttributeSpec) bool { return d.Key == a.Key }) {
			t.Errorf("%s %s has %s, which the spec does not give it", s.Service, spec.ID, a.Key)
		}
	}
	for _, e := range s.Events {
		if !slices.ContainsFunc(spec.Events, func(d span.EventSpec) bool { return d.Name == e.Name }) {
			t.Errorf("%s %s has the event %s", s.Service, spec.ID, e.Name)
		}
	}
}

func linksConform(t *testing.T, s *span.Span, spec *span.Spec, ids map[world.CausalID]*span.Span) {
	t.Helper()
	for _, l := range s.Links {
		to := ids[l.ID]
		if to == nil {
			t.Errorf("%s %s links to a span that there is not", s.Service, spec.ID)
			continue
		}
		why := span.Find(l.Attributes, "raftkv.link").AsString()
		id := specOf(to).ID
		if !slices.ContainsFunc(spec.Links, func(d span.LinkSpec) bool { return d.To == id && d.Why == why }) {
			t.Errorf("%s %s links to %s as %q", s.Service, spec.ID, id, why)
		}
	}
	for _, d := range spec.Links {
		if d.Min > len(s.Links) {
			t.Errorf("%s %s has %d links", s.Service, spec.ID, len(s.Links))
		}
	}
}
