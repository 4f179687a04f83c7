package run

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/command"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// How many searches, and how many elections, have a link of their own.
const (
	mostSearches  = 10
	mostElections = 10
)

// openings notes, as spans go by, what Jaeger's pages are worth being opened at.
type openings struct {
	protocol   *whole.Protocol
	services   []string
	takePart   map[trace.TraceID][]int // the services of each trace, by their places among services
	elections  []election
	operations []operation
	errors     map[trace.TraceID]failure // the first error of each trace
	violations []violation
	begin, end time.Time // of all spans
}

type election struct {
	trace      trace.TraceID
	start      time.Time
	name, told string
}

type operation struct {
	trace trace.TraceID
	start time.Time
	name  string // client-2/3
}

// failure is a span whose status is an error.
type failure struct {
	span  world.CausalID
	start time.Time
}

type violation struct {
	trace     trace.TraceID
	invariant string
}

var _ record.Exporter = (*openings)(nil)

func newOpenings(p *whole.Protocol) *openings {
	return &openings{protocol: p, takePart: map[trace.TraceID][]int{}, errors: map[trace.TraceID]failure{}}
}

// Export notes a span.
func (p *openings) Export(_ context.Context, s *span.Span) error {
	p.note(s)
	return nil
}

// Shutdown does nothing.
func (*openings) Shutdown(context.Context) error { return nil }

func (p *openings) note(s *traces.Span) {
	if p.begin.IsZero() || s.Start.Before(p.begin) {
		p.begin = s.Start
	}
	if s.End.After(p.end) {
		p.end = s.End
	}
	id := s.TraceID()
	service := slices.Index(p.services, s.Service)
	if service < 0 {
		service = len(p.services)
		p.services = append(p.services, s.Service)
	}
	if !slices.Contains(p.takePart[id], service) {
		p.takePart[id] = append(p.takePart[id], service)
	}
	if first, failed := p.errors[id]; s.Status.Code == codes.Error && (!failed || s.Start.Before(first.start)) {
		p.errors[id] = failure{s.ID, s.Start}
	}
	if told := words.Election(&p.protocol.Landmarks, s); told != "" {
		p.elections = append(p.elections, election{id, s.Start, s.Name, told})
	}
	switch s.Name {
	case worldspans.ViolationName:
		p.violations = append(p.violations, violation{id, s.Attribute(worldspans.RaftkvInvariantKey).AsString()})
	case kvspans.KVPutName, kvspans.KVGetName, kvspans.KVDeleteName:
		p.operations = append(p.operations, operation{id, s.Start, s.Attribute(kvspans.KVRequestIDKey).AsString()})
	}
}

// link is a page of Jaeger, and what it shows.
type link struct {
	Shows string `json:"shows"`
	Link  string `json:"link,omitempty"`
}

// links open the run in the pages of the Jaeger that it was pushed to.
func (r *runner) links(ctx context.Context) []link {
	if r.push == nil || r.pushed != nil {
		return nil
	}
	at := jaegerPages(r.push.push.Endpoint())
	links := r.openings.searches(at, r.config.RunName())
	links = append(links, r.openings.landmarks(at)...)
	if l, ok := r.watched(at); ok {
		links = append(links, l)
	}
	if l, ok := r.compared(ctx, at); ok {
		links = append(links, l)
	}
	return links
}

// jaegerRows are the links, one below the other.
func (r *runner) jaegerRows(ctx context.Context) (rows []row) {
	links, width := r.links(ctx), 0
	for _, l := range links {
		if l.Link != "" {
			width = max(width, len(l.Shows))
		}
	}
	name := "jaeger"
	for _, l := range links {
		rows = append(rows, row{name, strings.TrimRight(fmt.Sprintf("%-*s  %s", width, l.Shows, l.Link), " "), ""})
		name = ""
	}
	// the next command of the other says it
	if pair, ok := r.pair(); ok && len(links) > 0 && pair[0] == filepath.Join(r.options.out, r.name()) {
		rows = append(rows, row{
			"diff",
			command.Line("diff", pair[0], pair[1]), "",
		})
	}
	return rows
}

// jaegerPages is where a Jaeger that listens for OTLP at an endpoint has its pages, if nobody moved them: on the same
// host, at port 16686.
func jaegerPages(endpoint string) export.Jaeger {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return export.DefaultJaeger
	}
	return export.Jaeger("http://" + net.JoinHostPort(u.Hostname(), "16686"))
}

// searches are the searches that find all traces of the run. One finds those in which one service takes part, so there
// is one for each of a few services that have a part in all traces between them: first the one that is in the most,
// then the one that is in the most of the rest.
func (p *openings) searches(at export.Jaeger, run string) (links []link) {
	all := make([]int, len(p.services))
	for _, services := range p.takePart {
		for _, service := range services {
			all[service]++
		}
	}
	found := make([]bool, len(p.services)) // the traces of which services
	for rest := len(p.takePart); rest > 0; {
		if len(links) == mostSearches {
			return append(links, link{fmt.Sprintf("%d more, with other services", rest), ""})
		}
		more := make([]int, len(p.services))
		for _, services := range p.takePart {
			if slices.ContainsFunc(services, func(s int) bool { return found[s] }) {
				continue
			}
			for _, service := range services {
				more[service]++
			}
		}
		most := slices.Index(more, slices.Max(more))
		found[most] = true
		rest -= more[most]
		shows := fmt.Sprintf("%d with %s (%d more)", all[most], p.services[most], more[most])
		if len(links) == 0 {
			shows = fmt.Sprintf("%d of %s, with %s", all[most], words.Counted(len(p.takePart), "trace"), p.services[most])
		}
		search := export.Search{Service: p.services[most], Run: run, Start: p.begin, End: p.end, Traces: all[most]}
		links = append(links, link{shows, at.Search(search)})
	}
	return links
}

// landmarks are what is violated, the first operation, the first operation in which something failed, and the
// elections.
func (p *openings) landmarks(at export.Jaeger) (links []link) {
	for _, v := range p.violations {
		links = append(links, link{"the violation of " + v.invariant, at.Trace(v.trace)})
	}
	slices.SortStableFunc(p.operations, func(a, b operation) int { return a.start.Compare(b.start) })
	if len(p.operations) > 0 {
		first := p.operations[0]
		links = append(links, link{"the first operation, " + first.name, at.Trace(first.trace)})
	}
	for _, o := range p.operations {
		if failed, ok := p.errors[o.trace]; ok {
			links = append(links, link{"the first error, in " + o.name, at.Span(o.trace, failed.span)})
			break
		}
	}
	slices.SortStableFunc(p.elections, func(a, b election) int { return a.start.Compare(b.start) })
	for i, e := range p.elections {
		if i == mostElections {
			more := fmt.Sprintf("%d more: search for %s", len(p.elections)-i, e.name)
			return append(links, link{more, ""})
		}
		links = append(links, link{e.told, at.Trace(e.trace)})
	}
	return links
}

// quoted is the line of the story that a scenario says one should look for.
var quoted = regexp.MustCompile(`"([^"]+)"`)

// watched is the span that tells what the scenario says one should look for.
func (r *runner) watched(at export.Jaeger) (link, bool) {
	line := quoted.FindStringSubmatch(r.config.Watch)
	if line == nil || r.story == nil {
		return link{}, false
	}
	root, span, ok := r.story.Find(line[1])
	if !ok {
		return link{}, false
	}
	of := traces.Span{Run: r.config.Hash(), Root: root}
	return link{"what to watch", at.Span(of.TraceID(), span)}, true
}
