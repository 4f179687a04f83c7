package record

import (
	"context"
	"errors"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Exporter takes the spans of a run, one after the other, in the order in which they end.
type Exporter interface {
	// Export takes a span. It must not change it, and has it only until it returns: to keep one is to keep a Clone.
	Export(ctx context.Context, s *span.Span) error

	// Shutdown comes after the last span, and writes what is not written yet.
	Shutdown(ctx context.Context) error
}

// RecorderOptions is what the spans of a run have in common.
type RecorderOptions struct {
	Name      string // names the run for people: RunNameKey of each process; empty leaves it out
	Namespace string // service.namespace; empty is "raftkv"
}

// RunNameKey is the attribute of each process's resource that says which run it is of. A search in Jaeger finds by it
// the traces of one run among those of others.
const RunNameKey attribute.Key = "raftkv.run.name"

// Recorder is the sink of a run's tracers. It hands each span to every exporter, in the order in which spans end: when
// it has ended, and what it sent has arrived. Nothing of the environment reaches a span: the same spans are recorded
// wherever the run takes place.
type Recorder struct {
	options   RecorderOptions
	resources map[string][]attribute.KeyValue // by service

	mu    sync.Mutex
	outs  []out
	later knownLater
	err   error
}

var _ span.Sink = (*Recorder)(nil)

// out is an exporter, and whether it failed: then it gets no more spans.
type out struct {
	exporter Exporter
	failed   bool
}

// NewRecorder makes a recorder that hands spans to these exporters.
func NewRecorder(options RecorderOptions, exporters ...Exporter) *Recorder {
	if options.Namespace == "" {
		options.Namespace = "raftkv"
	}
	r := &Recorder{options: options, resources: map[string][]attribute.KeyValue{}}
	r.later.known, r.later.crashes = map[world.CausalID]*afterwards{}, map[string]span.Ref{}
	for _, e := range exporters {
		r.outs = append(r.outs, out{exporter: e})
	}
	return r
}

// resource says what a process of the run is, by its service's name: in the order of the keys, as the SDK has them.
func (r *Recorder) resource(service string) []attribute.KeyValue {
	if about, ok := r.resources[service]; ok {
		return about
	}
	about := []attribute.KeyValue{
		// All processes are on one host, and their clocks are one: without host.id and ip Jaeger takes a span that outlives
		// its parent for a sign of skewed clocks, and moves it.
		attribute.String("host.id", r.options.Namespace),
		attribute.String("ip", "127.0.0.1"),
	}
	if r.options.Name != "" {
		about = append(about, RunNameKey.String(r.options.Name))
	}
	about = append(about,
		attribute.String("service.instance.id", service),
		attribute.String("service.name", service),
		attribute.String("service.namespace", r.options.Namespace),
	)
	r.resources[service] = about
	return about
}

// Err is the first error that an exporter met, while the recorder is at work: a run whose trace cannot be written may
// as well stop.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close has every exporter write what it still holds, and returns all that went wrong since the beginning. Spans that
// end later are not recorded.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.releaseAll()
	err := r.err
	for _, o := range r.outs {
		if e := o.exporter.Shutdown(ctx); e != nil && !errors.Is(err, e) {
			err = errors.Join(err, e)
		}
	}
	r.outs = nil
	r.err = err
	return err
}

// export hands a span to the exporters. The recorder is locked.
func (r *Recorder) export(s *span.Span) {
	for i := range r.outs {
		o := &r.outs[i]
		if o.failed {
			continue
		}
		if err := o.exporter.Export(context.Background(), s); err != nil {
			o.failed = true
			r.err = errors.Join(r.err, err)
		}
	}
}
