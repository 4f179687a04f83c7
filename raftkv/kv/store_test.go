package kv_test

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
)

type step struct {
	client   kv.ClientID
	sequence kv.Sequence
	command  kv.Command
	want     kv.Result
}

func put(key, value string) kv.Command { return kv.Put{Key: key, Value: value} }
func get(key string) kv.Command        { return kv.Get{Key: key} }
func remove(key string) kv.Command     { return kv.Delete{Key: key} }

var scripts = []struct {
	name  string
	steps []step
}{
	{"put", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, get("a"), kv.Found{Value: "1"}},
	}},
	{"put of a taken key changes nothing", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, put("a", "2"), kv.KeyExists{Key: "a"}},
		{1, 3, get("a"), kv.Found{Value: "1"}},
	}},
	{"the empty key and the empty value are as good as any", []step{
		{1, 1, get(""), kv.KeyNotFound{Key: ""}},
		{1, 2, put("", ""), kv.Stored{}},
		{1, 3, get(""), kv.Found{Value: ""}},
		{1, 4, put("", "x"), kv.KeyExists{Key: ""}},
	}},
	{"get of an absent key", []step{
		{1, 1, get("a"), kv.KeyNotFound{Key: "a"}},
	}},
	{"delete", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, remove("a"), kv.Deleted{}},
		{1, 3, get("a"), kv.KeyNotFound{Key: "a"}},
		{1, 4, put("a", "2"), kv.Stored{}},
		{1, 5, get("a"), kv.Found{Value: "2"}},
	}},
	{"delete of an absent key", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, remove("b"), kv.KeyNotFound{Key: "b"}},
		{1, 3, get("a"), kv.Found{Value: "1"}},
	}},
	{"noop", []step{
		{0, 0, kv.Noop{}, kv.Nothing{}},
		{0, 0, kv.Noop{}, kv.Nothing{}},
	}},
	{"no command", []step{
		{0, 0, nil, kv.Nothing{}},
	}},
	{"§8: a retry gets the first answer, and takes effect once", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, remove("a"), kv.Deleted{}},
		{1, 2, remove("a"), kv.Deleted{}},
		{1, 3, get("a"), kv.KeyNotFound{Key: "a"}},
	}},
	{"§8: a retry gets the first answer though another client changed the key since", []step{
		{1, 1, get("a"), kv.KeyNotFound{Key: "a"}},
		{2, 1, put("a", "1"), kv.Stored{}},
		{1, 1, get("a"), kv.KeyNotFound{Key: "a"}},
		{1, 2, get("a"), kv.Found{Value: "1"}},
	}},
	{"§8: a late copy of an earlier operation does nothing", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 2, remove("a"), kv.Deleted{}},
		{1, 1, put("a", "1"), kv.Nothing{}},
		{1, 3, get("a"), kv.KeyNotFound{Key: "a"}},
	}},
	{"clients do not share sequence numbers", []step{
		{1, 7, put("a", "1"), kv.Stored{}},
		{2, 7, put("a", "2"), kv.KeyExists{Key: "a"}},
		{2, 3, put("b", "2"), kv.Nothing{}},
		{3, 3, put("b", "3"), kv.Stored{}},
	}},
	{"a sequence number may be skipped", []step{
		{1, 1, put("a", "1"), kv.Stored{}},
		{1, 9, get("a"), kv.Found{Value: "1"}},
	}},
}

func TestApply(t *testing.T) {
	for _, script := range scripts {
		t.Run(script.name, func(t *testing.T) {
			store := kv.New()
			for i, s := range script.steps {
				request := kv.RequestID{Client: s.client, Sequence: s.sequence}
				if got := store.Apply(request, s.command); got != s.want {
					t.Fatalf("step %d: %v %v\n got %v\nwant %v", i+1, request, s.command, got, s.want)
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	store := kv.New()
	commands := []kv.Command{put("a", "1"), get("a"), remove("a"), kv.Noop{}}
	b.ReportAllocs()
	for i := range b.N {
		request := kv.RequestID{Client: kv.ClientID(1 + i%3), Sequence: kv.Sequence(1 + i)}
		store.Apply(request, commands[i%len(commands)])
	}
}
