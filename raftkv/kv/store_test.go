package kv_test

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

type step struct {
	client   protocol.ClientID
	sequence protocol.Sequence
	command  protocol.Command
	want     protocol.Result
}

func put(key, value string) protocol.Command { return protocol.Put{Key: key, Value: value} }
func get(key string) protocol.Command        { return protocol.Get{Key: key} }
func remove(key string) protocol.Command     { return protocol.Delete{Key: key} }

var scripts = []struct {
	name  string
	steps []step
}{
	{"put", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, get("a"), protocol.Found{Value: "1"}},
	}},
	{"put of a taken key changes nothing", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, put("a", "2"), protocol.KeyExists{Key: "a"}},
		{1, 3, get("a"), protocol.Found{Value: "1"}},
	}},
	{"the empty key and the empty value are as good as any", []step{
		{1, 1, get(""), protocol.KeyNotFound{Key: ""}},
		{1, 2, put("", ""), protocol.Stored{}},
		{1, 3, get(""), protocol.Found{Value: ""}},
		{1, 4, put("", "x"), protocol.KeyExists{Key: ""}},
	}},
	{"get of an absent key", []step{
		{1, 1, get("a"), protocol.KeyNotFound{Key: "a"}},
	}},
	{"delete", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, remove("a"), protocol.Deleted{}},
		{1, 3, get("a"), protocol.KeyNotFound{Key: "a"}},
		{1, 4, put("a", "2"), protocol.Stored{}},
		{1, 5, get("a"), protocol.Found{Value: "2"}},
	}},
	{"delete of an absent key", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, remove("b"), protocol.KeyNotFound{Key: "b"}},
		{1, 3, get("a"), protocol.Found{Value: "1"}},
	}},
	{"noop", []step{
		{0, 0, protocol.Noop{}, protocol.Nothing{}},
		{0, 0, protocol.Noop{}, protocol.Nothing{}},
	}},
	{"an entry without a command", []step{
		{0, 0, nil, protocol.Nothing{}},
	}},
	{"§8: a retry gets the first answer, and takes effect once", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, remove("a"), protocol.Deleted{}},
		{1, 2, remove("a"), protocol.Deleted{}},
		{1, 3, get("a"), protocol.KeyNotFound{Key: "a"}},
	}},
	{"§8: a retry gets the first answer though another client changed the key since", []step{
		{1, 1, get("a"), protocol.KeyNotFound{Key: "a"}},
		{2, 1, put("a", "1"), protocol.Stored{}},
		{1, 1, get("a"), protocol.KeyNotFound{Key: "a"}},
		{1, 2, get("a"), protocol.Found{Value: "1"}},
	}},
	{"§8: a late copy of an earlier operation does nothing", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 2, remove("a"), protocol.Deleted{}},
		{1, 1, put("a", "1"), protocol.Nothing{}},
		{1, 3, get("a"), protocol.KeyNotFound{Key: "a"}},
	}},
	{"clients do not share sequence numbers", []step{
		{1, 7, put("a", "1"), protocol.Stored{}},
		{2, 7, put("a", "2"), protocol.KeyExists{Key: "a"}},
		{2, 3, put("b", "2"), protocol.Nothing{}},
		{3, 3, put("b", "3"), protocol.Stored{}},
	}},
	{"a sequence number may be skipped", []step{
		{1, 1, put("a", "1"), protocol.Stored{}},
		{1, 9, get("a"), protocol.Found{Value: "1"}},
	}},
}

func TestApply(t *testing.T) {
	for _, script := range scripts {
		t.Run(script.name, func(t *testing.T) {
			store := kv.New()
			for i, s := range script.steps {
				entry := protocol.LogEntry{Term: 1, Request: protocol.RequestID{Client: s.client, Sequence: s.sequence}, Command: s.command}
				if got := store.Apply(entry); got != s.want {
					t.Fatalf("step %d: %v %v\n got %v\nwant %v", i+1, entry.Request, s.command, got, s.want)
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	store := kv.New()
	commands := []protocol.Command{put("a", "1"), get("a"), remove("a"), protocol.Noop{}}
	b.ReportAllocs()
	for i := range b.N {
		entry := protocol.LogEntry{Term: 1, Request: protocol.RequestID{Client: protocol.ClientID(1 + i%3), Sequence: protocol.Sequence(1 + i)}, Command: commands[i%len(commands)]}
		store.Apply(entry)
	}
}
