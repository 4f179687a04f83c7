package index

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/read"
)

func isRun(name string) bool { return name == worldspans.RunName }

// readAttributes takes out of a span's attributes what an entry has of them; replies are those that name a reply,
// besides the store's own.
func (e *Entry) readAttributes(s *read.Span, replies []attribute.Key) {
	for i := len(s.Attributes) - 1; i >= 0; i-- { // of several with one key the first counts
		switch a := &s.Attributes[i]; a.Key {
		case worldspans.RaftkvStepKey:
			e.Step = StepNumber(a.Value)
		case worldspans.RaftkvEndStepKey:
			e.EndStep = StepNumber(a.Value)
		case worldspans.RaftkvCopyKey:
			e.IsCopy = a.Value.AsInt64() != 0
		case worldspans.RaftkvAnsweredCopyKey:
			e.AnswersCopy = a.Value.AsInt64() != 0
		case kvspans.RaftReplyKey:
			e.HasReply = a.Value.AsString() != ""
		default:
			if slices.Contains(replies, a.Key) {
				e.HasReply = a.Value.AsString() != ""
			}
		}
	}
	e.EndStep = cmp.Or(e.EndStep, e.Step)
}

// StepsOf returns the numbers of the steps that a span begins and ends in; 0 if it has none.
func StepsOf(s *read.Span) (begin, end uint32) {
	begin = StepNumber(s.Attribute(worldspans.RaftkvStepKey))
	return begin, cmp.Or(StepNumber(s.Attribute(worldspans.RaftkvEndStepKey)), begin)
}

// StepNumber returns the number of a step; 0 if the value is no such number.
func StepNumber(v attribute.Value) uint32 {
	if v.Type() != attribute.INT64 {
		return 0
	}
	return uint32(min(max(0, v.AsInt64()), math.MaxUint32))
}

// CompareProcesses orders processes as a person looks for them: the world, the clients, the nodes, then all others by
// their kinds, each kind by its numbers.
func CompareProcesses(a, b string) int {
	rank := func(name string) int {
		group, _ := ProcessNumber(name)
		return slices.Index([]string{kvspans.ServiceNode, kvspans.ServiceClient, worldspans.ServiceWorld}, group)
	}
	one, x := ProcessNumber(a)
	other, y := ProcessNumber(b)
	return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(one, other), cmp.Compare(x, y), cmp.Compare(a, b))
}

// ProcessNumber takes node-12 apart.
func ProcessNumber(name string) (group string, number uint64) {
	for i := len(name) - 1; i > 0; i-- {
		if name[i] == '-' {
			number, err := strconv.ParseUint(name[i+1:], 10, 64)
			if err == nil {
				return name[:i], number
			}
			break
		}
	}
	return name, 0
}
