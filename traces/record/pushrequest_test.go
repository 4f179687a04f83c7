//go:build !js

package record_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/traces/record"
)

// A receiver that stays busy is given up when all pauses are used up.
func TestDeliverGivesUp(t *testing.T) {
	requests := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		http.Error(w, "busy", http.StatusServiceUnavailable)
	}))
	defer web.Close()
	settings, err := record.ReadPushSettings(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	r := record.NewReceiver(settings)
	r.RetryFor = 3 * record.RetryFirst // one pause, and one that is twice as long
	_, err = r.Deliver(t.Context(), []byte("{}"))
	want := "POST " + web.URL + "/v1/traces: 503 Service Unavailable: busy; it was asked 3 times"
	if err == nil || err.Error() != want || requests != 3 {
		t.Errorf("after %d requests: error\n\t%v\nwant\n\t%s", requests, err, want)
	}
}

func TestRetryAfter(t *testing.T) {
	const now = "Sun, 06 Nov 1994 08:49:37 GMT"
	for _, c := range []struct {
		value, date string
		pause       time.Duration
		asked       bool
	}{
		{"", now, 0, false},
		{"0", now, 0, true},
		{"120", "", 2 * time.Minute, true},
		{"99999999999999999999", "", (1<<32 - 1) * time.Second, true},
		{"-1", now, 0, false},
		{"soon", now, 0, false},
		{"Sun, 06 Nov 1994 08:49:40 GMT", now, 3 * time.Second, true},
		{"Sun, 06 Nov 1994 08:49:36 GMT", now, 0, true},
		{"Sun, 06 Nov 1994 08:49:40 GMT", "", 0, false},
	} {
		header := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if pause, asked := record.RetryAfter(header); asked != c.asked || asked && pause != c.pause {
			t.Errorf("Retry-After: %s at %q: got %v, %v; want %v, %v", c.value, c.date, pause, asked, c.pause, c.asked)
		}
	}
}

// What is understood is documented, variable by variable.
func TestPushUsage(t *testing.T) {
	usage := record.PushUsage()
	for _, v := range record.PushVariables {
		if !strings.Contains(usage, "\n  "+v.Name+" ") {
			t.Errorf("the usage does not tell of %s", v.Name)
		}
	}
}
