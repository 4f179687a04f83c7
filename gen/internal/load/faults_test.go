package load

import "testing"

func TestNearest(t *testing.T) {
	defined := []string{"Time", "LogIndex", "NodeID", "kv.key", "error.type"}
	for name, want := range map[string]string{
		"Tmie": "Time", "time": "Time", "Tine": "Time", "logindex": "LogIndex", "NodeId": "NodeID", "Index": "",
		"Whatever": "", "kv.ky": "kv.key", "": "", "error_type": "error.type",
	} {
		if got := Nearest(name, defined); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	if got := Nearest("Tim", nil); got != "" {
		t.Errorf("nearest of none is %q", got)
	}
}
