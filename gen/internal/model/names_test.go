package model

import "testing"

func TestNames(t *testing.T) {
	for _, test := range []struct{ name, camel, lower string }{
		{"last_log_index", "LastLogIndex", "lastLogIndex"},
		{"kv.request.id", "KVRequestID", "kvRequestID"},
		{"id", "ID", "id"},
		{"no winner", "NoWinner", "noWinner"},
		{"rpc", "RPC", "rpc"},
		{"élan vital", "ÉlanVital", "élanVital"},
		{"a-b.c", "ABC", "abc"},
		{"…", "", ""},
	} {
		if got := Camel(test.name); got != test.camel {
			t.Errorf("Camel(%q) is %q, want %q", test.name, got, test.camel)
		}
		if got := Lower(Camel(test.name)); got != test.lower {
			t.Errorf("Lower(%q) is %q, want %q", Camel(test.name), got, test.lower)
		}
	}
	for name, want := range map[string]string{
		"Copy": "copyValue", "Type": "typeValue", "Time": "timeValue",
		"Peer": "peer",
	} {
		if got := parameter(name); got != want {
			t.Errorf("%s is the parameter %s, want %s", name, got, want)
		}
	}
}
