package traces

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// Jaeger makes links to the pages of a Jaeger, given where they are: http://127.0.0.1:16686. The empty one means there.
type Jaeger string

// DefaultJaeger is where the pages of a Jaeger are when nobody said otherwise.
const DefaultJaeger Jaeger = "http://127.0.0.1:16686"

// maxTraces is how many traces a search shows: as many as Jaeger's own page lets one ask for.
const maxTraces = 1500

// Search is the page with the traces of one service, between two times. Jaeger shows those of the last hour otherwise, and the times of a run are not of this day.
func (j Jaeger) Search(service string, start, end time.Time) string {
	query := url.Values{
		"service":  {service},
		"start":    {strconv.FormatInt(start.UnixMicro(), 10)},
		"end":      {strconv.FormatInt(end.Add(time.Microsecond-1).UnixMicro(), 10)}, // rounded up
		"limit":    {strconv.Itoa(maxTraces)},
		"lookback": {"custom"},
	}
	return j.base() + "/search?" + query.Encode()
}

// Trace is the page of one trace.
func (j Jaeger) Trace(id trace.TraceID) string { return j.base() + "/trace/" + id.String() }

func (j Jaeger) base() string {
	if j == "" {
		j = DefaultJaeger
	}
	return strings.TrimRight(string(j), "/")
}
