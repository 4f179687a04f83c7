package model

import (
	"cmp"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// telemetry resolves what the generator has to know about attributes. Each file of a protocol may say a part of it.
func (r *resolver) telemetry() {
	t, out := r.spec.Telemetry, r.includedTelemetry()
	if t == nil && out == (Telemetry{}) {
		if len(r.spec.Spans) > 0 {
			r.faults.Add(r.spec.Spans[0].At, "spans need a section `telemetry`")
		}
		return
	}
	r.out.Telemetry = &out
	if t != nil {
		r.ownTelemetry(t, &out)
		for _, needed := range []struct {
			key   string
			given bool
		}{
			{"scope", out.Scope != ""},
			{"system", out.System != ""},
			{"error", out.Error != nil || t.Error.Given()},
			{"unfinished", out.Unfinished != nil || t.Unfinished.Given()},
		} {
			if !needed.given {
				r.faults.Add(t.At, "telemetry lacks %q", needed.key)
			}
		}
	}
	for i, key := range rpcAttributes {
		out.RPC[i] = r.attributes[key]
	}
}

// includedTelemetry is what the included files say.
func (r *resolver) includedTelemetry() Telemetry {
	var all Telemetry
	for _, p := range r.out.Includes {
		if t := p.Telemetry; t != nil {
			all = Telemetry{
				Scope: cmp.Or(all.Scope, t.Scope), System: cmp.Or(all.System, t.System),
				Self: cmp.Or(all.Self, t.Self), Peer: cmp.Or(all.Peer, t.Peer),
				Reply: cmp.Or(all.Reply, t.Reply),
				Error: cmp.Or(all.Error, t.Error), Unfinished: cmp.Or(all.Unfinished, t.Unfinished),
				Step: cmp.Or(all.Step, t.Step), EndStep: cmp.Or(all.EndStep, t.EndStep),
				Link: cmp.Or(all.Link, t.Link), Service: cmp.Or(all.Service, t.Service),
				Size: cmp.Or(all.Size, t.Size), Fault: cmp.Or(all.Fault, t.Fault),
			}
		}
	}
	return all
}

// ownTelemetry adds what this file says. Its own spans may name a process, its peer and a reply otherwise than those of
// included files do; all else is one for all.
func (r *resolver) ownTelemetry(t *load.Telemetry, out *Telemetry) {
	text := func(written load.Text, into *string) {
		if written.Given() && *into != "" {
			r.again(written)
		}
		*into = cmp.Or(written.Value, *into)
	}
	text(t.Scope, &out.Scope)
	text(t.System, &out.System)
	attribute := func(written load.Text, into **Attribute, kind AttributeKind, want string) {
		own := written == t.Self || written == t.Peer || written == t.Reply
		if written.Given() && *into != nil && !own {
			r.again(written)
			return
		}
		if a, ok := find(r, r.attributes, written, "attribute"); ok {
			if want != "" && a.Kind != kind {
				r.faults.Add(written.Pos, "attribute %q must be %s", written.Value, want)
			}
			*into = a
		}
	}
	attribute(t.Self, &out.Self, 0, "")
	attribute(t.Peer, &out.Peer, 0, "")
	attribute(t.Reply, &out.Reply, String, "a string")
	attribute(t.Error, &out.Error, String, "a string")
	attribute(t.Unfinished, &out.Unfinished, Bool, "a bool")
	attribute(t.Step, &out.Step, Int, "an int")
	attribute(t.EndStep, &out.EndStep, Int, "an int")
	attribute(t.Link, &out.Link, String, "a string")
	attribute(t.Service, &out.Service, String, "a string")
	attribute(t.Size, &out.Size, Int, "an int")
	if t.Step.Given() != t.EndStep.Given() {
		given, missing := t.Step, "end_step"
		if t.EndStep.Given() {
			given, missing = t.EndStep, "step"
		}
		r.faults.Add(given.Pos, "numbers of steps need %s, too", missing)
	}
	if out.Step != nil && out.Step == out.EndStep {
		r.faults.Add(t.EndStep.Pos, "attribute %q is that of step, too", t.EndStep.Value)
	}
}

// again notes something that an included file says of telemetry, too.
func (r *resolver) again(written load.Text) {
	r.faults.Add(written.Pos, "telemetry has this already, from a file that is included")
}

// rpcAttributes are those that OpenTelemetry's conventions want of an RPC span.
var rpcAttributes = [3]string{"rpc.system.name", "rpc.method", "server.address"}
