package traces

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0" // the newest that this release of OpenTelemetry has
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
)

// RecorderOptions is what the spans of a run have in common.
type RecorderOptions struct {
	Run       uint64 // names the run: the first half of every trace id
	Name      string // names the run for people: RunNameKey of each process; empty leaves it out
	Namespace string // service.namespace; empty is "raftkv"
}

// RunNameKey is the attribute of each process's resource that says which run it is of. A search in Jaeger finds by it
// the traces of one run among those of others.
const RunNameKey attribute.Key = "raftkv.run.name"

// Recorder makes the tracers of a run and hands each span to every exporter, in the order in which spans end: when it
// has ended, and what it sent has arrived. Nothing of the environment reaches a span: the same spans are recorded
// wherever the run takes place.
type Recorder struct {
	options RecorderOptions
	tracers map[string]trace.Tracer

	mu    sync.Mutex
	sinks []sink
	later knownLater
	span  [1]sdktrace.ReadOnlySpan // what exporters take is a slice; this one is used for every span
	err   error
}

// sink is an exporter, and whether it failed: then it gets no more spans.
type sink struct {
	exporter sdktrace.SpanExporter
	failed   bool
}

// NewRecorder makes a recorder that hands spans to these exporters.
func NewRecorder(options RecorderOptions, exporters ...sdktrace.SpanExporter) *Recorder {
	if options.Namespace == "" {
		options.Namespace = "raftkv"
	}
	r := &Recorder{options: options, tracers: map[string]trace.Tracer{}}
	for _, e := range exporters {
		r.sinks = append(r.sinks, sink{exporter: e})
	}
	return r
}

// Tracer is the tracer of one process of the run, which shows as a service of this name. Asking again for the same gives the same.
func (r *Recorder) Tracer(service string) trace.Tracer {
	if t, ok := r.tracers[service]; ok {
		return t
	}
	about := []attribute.KeyValue{
		attribute.String("service.name", service),
		attribute.String("service.namespace", r.options.Namespace),
		attribute.String("service.instance.id", service),
		// All processes are on one host, and their clocks are one: without these two Jaeger takes a span that outlives its parent for a sign of
		// skewed clocks, and moves it.
		attribute.String("host.id", r.options.Namespace),
		attribute.String("ip", "127.0.0.1"),
	}
	if r.options.Name != "" {
		about = append(about, RunNameKey.String(r.options.Name))
	}
	own := resource.NewWithAttributes(semconv.SchemaURL, about...)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(own),
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithIDGenerator(causalIDs{r, service}),
		sdktrace.WithSpanProcessor(&processor{recorder: r, service: service, resource: own}),
		sdktrace.WithRawSpanLimits(sdktrace.SpanLimits{
			AttributeValueLengthLimit:   -1,
			AttributeValueDepthLimit:    -1,
			AttributeCountLimit:         -1,
			EventCountLimit:             -1,
			LinkCountLimit:              -1,
			AttributePerEventCountLimit: -1,
			AttributePerLinkCountLimit:  -1,
		}),
	)
	t := provider.Tracer(spans.Scope, trace.WithSchemaURL(semconv.SchemaURL))
	r.tracers[service] = t
	return t
}

// Err is the first error that an exporter met, while the recorder is at work: a run whose trace cannot be written may as well stop.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close has every exporter write what it still holds, and returns all that went wrong since the beginning. Spans that end later are not recorded.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseAll()
	err := r.err
	for _, s := range r.sinks {
		if e := s.exporter.Shutdown(ctx); e != nil && !errors.Is(err, e) {
			err = errors.Join(err, e)
		}
	}
	r.sinks = nil
	r.err = err
	return err
}

func (r *Recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = errors.Join(r.err, err)
}

// record hands a span of a process to the exporters. The recorder is locked.
func (r *Recorder) record(p *processor, s sdktrace.ReadOnlySpan) {
	if !p.checked {
		p.checked, p.leaked = true, s.Resource().Equivalent() != p.resource.Equivalent()
	}
	if p.leaked {
		s = ownResource{s, p.resource}
	}
	r.span[0] = s
	for i := range r.sinks {
		sink := &r.sinks[i]
		if sink.failed {
			continue
		}
		if err := sink.exporter.ExportSpans(context.Background(), r.span[:]); err != nil {
			sink.failed = true
			r.err = errors.Join(r.err, err)
		}
	}
}

// processor hands the spans of one process to the recorder as soon as they end. The SDK's own processors drop spans when busy, or write in batches cut by a timer.
type processor struct {
	recorder *Recorder
	service  string
	resource *resource.Resource
	checked  bool
	leaked   bool // the SDK merged the environment into the resource
}

var _ sdktrace.SpanProcessor = (*processor)(nil)

// OnStart does nothing: a span is recorded when it has ended.
func (*processor) OnStart(context.Context, sdktrace.ReadWriteSpan) {}

// OnEnd hands the span on, unless something that it sent is still on its way.
func (p *processor) OnEnd(s sdktrace.ReadOnlySpan) { p.recorder.ended(p, s) }

// Shutdown does nothing: Recorder.Close shuts the exporters down.
func (*processor) Shutdown(context.Context) error { return nil }

// ForceFlush does nothing: what is held back is not known yet.
func (*processor) ForceFlush(context.Context) error { return nil }

// ownResource is a span whose resource is what the recorder made, and no more.
type ownResource struct {
	sdktrace.ReadOnlySpan

	resource *resource.Resource
}

// Resource is the recorder's.
func (s ownResource) Resource() *resource.Resource { return s.resource }

// causalIDs gives each span the ids that package spans computed before the span was started.
type causalIDs struct {
	recorder *Recorder
	service  string
}

// NewIDs names a span that begins a trace.
func (g causalIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	root, id := g.ids(ctx)
	return TraceID(g.recorder.options.Run, root), spanID(id)
}

// NewSpanID names a span that has a parent.
func (g causalIDs) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	_, id := g.ids(ctx)
	return spanID(id)
}

func (g causalIDs) ids(ctx context.Context) (root, id uint64) {
	root, id, ok := span.CausalIDs(ctx)
	if !ok {
		g.recorder.fail(fmt.Errorf("a span of %s was not started by package spans, and has no causal id", g.service))
	}
	return root, id
}

func spanID(causal uint64) (id trace.SpanID) {
	binary.BigEndian.PutUint64(id[:], causal)
	return id
}
