package keys

import "testing"

func TestDurations(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0s", "0s": "0s", "90s": "90s", "1m": "60s", "1.5s": "1500ms", "50us": "50us", "50µs": "50us", "1ns": "1ns",
		"1us1ns":   "1001ns",
		"1ms..5ms": "1ms..5ms", "1ms .. 1000us": "1ms", "0.5ms..1.5s": "500us..1500ms", "8760h": "31536000s",
	} {
		r, problem := parseRange(text)
		if got := FormatRange(r); got != want || problem != "" {
			t.Errorf("%q is %s %s, want %s", text, got, problem, want)
		}
	}
}
