package words

import (
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// Attributes are what a span says, such as that of a fault.
type Attributes interface {
	Attribute(key attribute.Key) attribute.Value
}

// faults say what each fault does, as it strikes and afterwards.
var faults = map[string]struct{ now, past string }{
	spans.FaultCrash:   {"TARGET crashes", "TARGET crashed"},
	spans.FaultRestart: {"TARGET is started again", "TARGET was started again"},
	spans.FaultRollback: {
		"TARGET starts again with what its disk held BY ago",
		"TARGET was started again with what its disk had held BY before",
	},
	spans.FaultHeal: {"TARGET is healed", "TARGET was healed"},
	spans.FaultIsolate: {
		"TARGET is isolated: no other server hears it, nor it them",
		"TARGET was cut off from all other servers",
	},
	spans.FaultPartition: {"the network parts: TARGET", "the network parted: TARGET"},
	spans.FaultPause:     {"TARGET is paused", "TARGET was paused"},
	spans.FaultSlow: {
		"TARGET is slow: each step takes BY longer",
		"TARGET became slow: each step took BY longer",
	},
	spans.FaultStall: {
		"the disk of TARGET stalls: each step that writes to it takes BY longer",
		"the disk of TARGET stalled: each step that wrote to it took BY longer",
	},
	spans.FaultSkipSync: {
		"the disk of TARGET lies: it says that it has synced, and has not",
		"the disk of TARGET began to lie: it said that it had synced, and had not",
	},
	spans.FaultLoseUnsynced: {
		"TARGET crashes in the middle of a write, which is lost",
		"TARGET crashed in the middle of a write",
	},
	spans.FaultElect: {"TARGET is told to try to lead", "TARGET was told to try to lead"},
}

// Fault says what a fault does, as sentences without an end: as it strikes, and afterwards.
func Fault(f Attributes) (now, past string) {
	kind, target := Text(f.Attribute(spans.RaftkvFaultKey)), Text(f.Attribute(spans.RaftkvFaultTargetKey))
	by := time.Duration(f.Attribute(spans.RaftkvFaultByNsKey).AsInt64())
	said, known := faults[kind]
	first, second, parted := strings.Cut(target, " | ")
	switch {
	case kind == spans.FaultSkew:
		now = skew(f, target, by)
		return now, "a fault: " + now
	case !known:
		return kind + " " + target, "a fault: " + kind + " " + target
	case kind == spans.FaultHeal && target == "all":
		return "everything is healed", "everything was healed"
	case kind == spans.FaultLoseUnsynced && f.Attribute(spans.RaftkvFaultTornKey).AsBool():
		said.now = "TARGET crashes in the middle of a write, and the disk keeps a part of the record"
	case kind == spans.FaultPartition && parted && f.Attribute(spans.RaftkvFaultOneWayKey).AsBool():
		from, to := strings.Fields(first), strings.Fields(second)
		sends := " send to "
		if len(from) == 1 {
			sends = " sends to "
		}
		return "what " + strings.Join(from, ", ") + sends + strings.Join(to, ", ") + " is lost; the other way is open",
			"what " + AndList(from) + " sent to " + AndList(to) + " began to be lost"
	}
	fill := strings.NewReplacer("TARGET", target, "BY", by.String())
	return fill.Replace(said.now), fill.Replace(said.past)
}

// skew says what a fault does to a clock.
func skew(f Attributes, target string, by time.Duration) string {
	if rate := f.Attribute(spans.RaftkvFaultRatePermilleKey).AsInt64(); rate > 0 {
		pace := strconv.FormatFloat(float64(rate)/1000, 'g', -1, 64)
		return "the clock of " + target + " runs at " + pace + " times the true pace"
	}
	if by < 0 {
		return "the clock of " + target + " jumps back by " + (-by).String()
	}
	return "the clock of " + target + " jumps ahead by " + by.String()
}
