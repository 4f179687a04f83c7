//go:build jaeger

package servers_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// What the README says of runs that begin now: what Jaeger asks relative to today has them, and it has none of the year
// 2000.
func TestJaegerServerNow(t *testing.T) {
	tools := buildCommands(t)
	page, endpoint := startJaeger(t)
	for _, c := range []struct {
		start string
		found bool
	}{{"2000-01-01T00:00:00Z", false}, {"now", true}} {
		tools.push(t, endpoint, "none", "-set", "start_time="+c.start)
		today := time.Now().Add(time.Minute) // virtual time runs ahead of it
		var calls, found struct{ Data []any }
		ask(t, page+"/api/dependencies?"+url.Values{
			"endTs":    {fmt.Sprint(today.UnixMilli())},
			"lookback": {fmt.Sprint((7 * 24 * time.Hour).Milliseconds())},
		}.Encode(), &calls)
		ask(t, page+"/api/traces?"+url.Values{
			"service": {"node-1"}, "end": {fmt.Sprint(today.UnixMicro())},
			"start": {fmt.Sprint(today.Add(-time.Hour).UnixMicro())}, "limit": {"20"}, "lookback": {"1h"},
		}.Encode(), &found)
		if len(calls.Data) > 0 != c.found || len(found.Data) > 0 != c.found {
			t.Errorf("a run from %s on: Jaeger has %d calls between services in the last week, "+
				"and finds %d traces in the last hour", c.start, len(calls.Data), len(found.Data))
		}
	}
}
