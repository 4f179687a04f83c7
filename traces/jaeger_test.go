package traces_test

import (
	"net/url"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces"
)

func TestJaegerLinks(t *testing.T) {
	id := trace.TraceID{0: 1, 15: 0xab}
	for _, c := range []struct {
		base traces.Jaeger
		want string
	}{
		{"", "http://127.0.0.1:16686/trace/010000000000000000000000000000ab"},
		{"https://jaeger.example/ui/", "https://jaeger.example/ui/trace/010000000000000000000000000000ab"},
	} {
		if got := c.base.Trace(id); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	link := traces.DefaultJaeger.Search("node 1&x", epoch.Add(1500), epoch.Add(2*time.Second+1))
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != "127.0.0.1:16686" || u.Path != "/search" || q.Get("service") != "node 1&x" || q.Get("lookback") != "custom" ||
		q.Get("start") != "946684800000001" || q.Get("end") != "946684802000001" {
		t.Errorf("the search is %s", link)
	}
}
