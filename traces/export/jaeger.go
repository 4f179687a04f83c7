package export

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/record"
)

// Jaeger makes links to the pages of a Jaeger, given where they are: http://127.0.0.1:16686. The empty one means there.
type Jaeger string

// DefaultJaeger is where the pages of a Jaeger are when nobody said otherwise.
const DefaultJaeger Jaeger = "http://127.0.0.1:16686"

// mostTraces is how many traces a search shows: as many as Jaeger's own page lets one ask for.
const mostTraces = 1500

// Search is what a search page of Jaeger shows: the traces of a run in which a service takes part.
type Search struct {
	Service    string
	Run        string    // the value of RunNameKey; empty for all runs
	Start, End time.Time // between which a span of the service begins
	Traces     int       // how many there are
}

// Search is the page that shows the traces of a search. Its range begins and ends at whole minutes: Jaeger's form has
// only these, and so finds the same when another filter is set in it.
func (j Jaeger) Search(s Search) string {
	start, end := s.Start.Truncate(time.Minute), s.End.Truncate(time.Minute)
	if end.Before(s.End) {
		end = end.Add(time.Minute)
	}
	query := url.Values{
		"service":  {s.Service},
		"start":    {strconv.FormatInt(start.UnixMicro(), 10)},
		"end":      {strconv.FormatInt(end.UnixMicro(), 10)},
		"limit":    {strconv.Itoa(max(mostTraces, s.Traces))},
		"lookback": {"custom"}, // or else it is the last hour, and the times of a run are not of this day
	}
	if s.Run != "" {
		tags, err := json.Marshal(map[string]string{string(record.RunNameKey): s.Run})
		if err != nil {
			panic(err) // strings can be written as JSON
		}
		query.Set("tags", string(tags))
	}
	return j.base() + "/search?" + query.Encode()
}

// Trace is the page of one trace.
func (j Jaeger) Trace(id trace.TraceID) string { return j.base() + "/trace/" + id.String() }

// Span is the page of a trace on which one of its spans is found already.
func (j Jaeger) Span(id trace.TraceID, span world.CausalID) string {
	return j.Trace(id) + "?uiFind=" + span.String()
}

// Comparison is the page that compares two traces.
func (j Jaeger) Comparison(a, b trace.TraceID) string { return j.Trace(a) + "..." + b.String() }

func (j Jaeger) base() string {
	if j == "" {
		j = DefaultJaeger
	}
	return strings.TrimRight(string(j), "/")
}
