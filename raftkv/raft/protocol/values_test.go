package protocol_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/list"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// variants are the empty values of each union's variants, in the spec's order.
var variants = map[reflect.Type][]any{
	reflect.TypeFor[kv.Command](): {kv.Put{}, kv.Get{}, kv.Delete{}, kv.Noop{}},
	reflect.TypeFor[kv.Result](): {
		kv.Stored{}, kv.Found{}, kv.Deleted{}, kv.KeyExists{}, kv.KeyNotFound{}, kv.Nothing{}, kv.ReplicationFailed{},
	},
	reflect.TypeFor[protocol.Message](): {
		protocol.RequestVote{},
		protocol.VoteGranted{},
		protocol.VoteDenied{},
		protocol.AppendEntries{},
		protocol.AppendEntriesOk{},
		protocol.AppendEntriesRejected{},
		protocol.CommitNotification{},
	},
	reflect.TypeFor[kv.Message](): {
		kv.ClientPut{},
		kv.ClientGet{},
		kv.ClientDelete{},
		kv.Answered{},
		kv.NotLeader{},
		kv.OutcomeUnknown{},
	},
	reflect.TypeFor[protocol.Input](): {
		protocol.SetPeers{},
		protocol.StartElection{},
		protocol.ElectionTimeout{},
		protocol.HeartbeatTimeout{},
		protocol.RPCTimeout{},
		protocol.Receive{},
		protocol.Request{},
		protocol.Restart{},
	},
	reflect.TypeFor[protocol.Effect](): {
		protocol.Persist{},
		protocol.Send{},
		protocol.Reply{},
		protocol.Answer{},
		protocol.Append{},
		protocol.Commit{},
		protocol.Apply{},
		protocol.SetTimer{},
		protocol.StopTimer{},
		protocol.RoleChange{},
	},
}

// filler gives values that differ from each other and from zero, the same in every run.
type filler struct{ next uint64 }

func (f *filler) number() uint64 {
	f.next = f.next*6364136223846793005 + 1442695040888963407
	return f.next>>33 + 1
}

// fill sets a value and all that is in it.
func (f *filler) fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if _, ok := v.Interface().(interface{ String() string }); ok && v.Kind() == reflect.Uint8 {
		v.SetUint(1) // of an enum; each has two values at least
		return
	}
	if list, ok := v.Addr().Interface().(*list.List[protocol.LogEntry]); ok {
		for range 3 {
			list.Append(f.filled(t, protocol.LogEntry{}).Interface().(protocol.LogEntry))
		}
		return
	}
	switch kind := v.Kind(); {
	case kind == reflect.Bool:
		v.SetBool(true)
	case v.CanUint():
		v.SetUint(f.number()>>(64-v.Type().Bits())<<1>>1 | 1<<(f.number()%uint64(v.Type().Bits()-1)))
	case kind == reflect.String:
		v.SetString(fmt.Sprintf("text \"%d\"", f.number()%1000))
	case kind == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			f.fill(t, v.Index(i))
		}
	case kind == reflect.Struct:
		for i := range v.NumField() {
			f.fill(t, v.Field(i))
		}
	case kind == reflect.Interface:
		all := variants[v.Type()]
		if len(all) == 0 {
			t.Fatalf("no variants of %v: add them to the test", v.Type())
		}
		v.Set(f.filled(t, all[f.number()%uint64(len(all))]))
	default:
		t.Fatalf("the test cannot fill a %v", v.Type())
	}
}

// filled is a value of the same type as empty, with everything set.
func (f *filler) filled(t *testing.T, empty any) reflect.Value {
	t.Helper()
	v := reflect.New(reflect.TypeOf(empty)).Elem()
	f.fill(t, v)
	return v
}

// values are a few values of each variant of a union: the empty one, and filled ones.
func values[Union any](t *testing.T) []Union {
	t.Helper()
	var all []Union
	var f filler
	for _, empty := range variants[reflect.TypeFor[Union]()] {
		if complete(reflect.ValueOf(empty)) {
			all = append(all, empty.(Union))
		}
		for range 4 {
			all = append(all, f.filled(t, empty).Interface().(Union))
		}
	}
	return all
}

// complete says whether a value holds no nil where the protocol wants a variant: that has no binary form.
func complete(v reflect.Value) bool {
	for i := range v.NumField() {
		field := v.Field(i)
		if field.Kind() == reflect.Interface || field.Kind() == reflect.Struct && !complete(field) {
			return false
		}
	}
	return true
}
