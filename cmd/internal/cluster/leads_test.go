package cluster_test

import (
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// linked are the spans that a span links to for a reason, with the links.
func (e execution) linked(s *traces.Span, why string) (to []*traces.Span, links []traces.Link) {
	for _, l := range s.Links {
		if slices.Contains(l.Attributes, worldspans.RaftkvLinkKey.String(why)) {
			to, links = append(to, e.byID[l.ID]), append(links, l)
		}
	}
	return to, links
}

func indexOf(l traces.Link) int64 {
	i := slices.IndexFunc(l.Attributes, func(a attribute.KeyValue) bool { return a.Key == spans.RaftIndexKey })
	if i < 0 {
		return 0
	}
	return l.Attributes[i].Value.AsInt64()
}

// In the default run each operation's trace has a span of a server that leads by a link to the commit that covers its
// entry.
func TestOperationsLeadToTheirCommits(t *testing.T) {
	e := run(t, config.Default())
	led := map[string]bool{}
	for i := range e.spans {
		s := &e.spans[i]
		if s.Kind.String() != "server" || s.Attribute(kvspans.RaftReplyKey).AsString() != "Answered" {
			continue
		}
		commits, links := e.linked(s, worldspans.LinkCommit)
		if len(commits) != 1 || commits[0] == nil {
			t.Errorf("%s %s was answered, and links to %d commits, want 1", s.Name, s.ID, len(commits))
			continue
		}
		c, index := commits[0], indexOf(links[0])
		appended := s.Events[slices.IndexFunc(s.Events,
			func(e traces.Event) bool { return e.Name == spans.EventAppend })].Attribute(spans.RaftIndexKey).AsInt64()
		covers := c.Attribute(spans.RaftCommitFromKey).AsInt64() < index &&
			index <= c.Attribute(spans.RaftCommitToKey).AsInt64()
		if c.Name != spans.CommitName || c.Service != s.Service || !covers || index != appended {
			t.Errorf("%s %s appended entry %d, and links, with index %d, to %s %s of %s", s.Name, s.ID, appended, index, c.Name,
				c.ID, c.Service)
		}
		led[e.byID[s.Root].Attribute(kvspans.KVRequestIDKey).AsString()] = true
	}
	for i := range e.spans {
		if s := &e.spans[i]; strings.HasPrefix(s.Name, "kv.") && !led[s.Attribute(kvspans.KVRequestIDKey).AsString()] {
			t.Errorf("operation %s leads to no commit", s.Attribute(kvspans.KVRequestIDKey).AsString())
		}
	}
}

// In leader-crash all that failed links to the crash: so whoever looks at an operation is there in two steps, to the
// try that failed, and to the fault.
func TestFailuresLeadToTheirFault(t *testing.T) {
	e := run(t, recorded.Config(t, "leader-crash", "").Config)
	failed := 0
	for i := range e.spans {
		s := &e.spans[i]
		why := s.Attribute(worldspans.ErrorTypeKey).AsString()
		if why == "" {
			continue
		}
		failed++
		if s.Parent != e.byID[s.Root].ID && s.Kind.String() == "client" {
			t.Errorf("%s %s failed, and is not below its root: it is more than a step away", s.Name, s.ID)
		}
		faults, _ := e.linked(s, worldspans.LinkFault)
		if len(faults) != 1 || faults[0] == nil || faults[0].Name != "raftkv.fault crash node-1" {
			t.Errorf("%s %s of %s failed (%s), and links to the faults %v, want the crash of node-1", s.Name, s.ID, s.Service,
				why, faults)
		}
	}
	if failed < 5 {
		t.Errorf("%d spans failed: too few to say anything", failed)
	}
}
