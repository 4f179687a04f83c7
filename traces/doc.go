// Package traces writes and reads what a run leaves behind.
//
// A Recorder makes the tracers of a run and hands each span, when it ends, to exporters: OTLPFile writes the trace file, which is the truth about a run, Stdout the same
// in the stdouttrace exporter's format, Push sends it to a Collector or a Jaeger, and Story tells it to a person. Everything else is made from the trace file alone:
// a Reader gives back its spans, one line of the file in memory at a time. It takes files of other origins, too: OTLP/JSON in any layout, and Jaeger's own JSON.
//
// Where things are:
//
//	recorder.go                           from the SDK to the exporters
//	otlpfile.go, otlpjson.go              the trace file, written
//	read.go, decode.go, decodevalue.go,
//	json.go, span.go                      the trace file, read
//	document.go, jaegerread.go            files of other origins, read
//	jaegerjson.go, perfetto.go, shiviz.go a run in the formats of other programs
//	story.go, storylines.go, storytext.go the run as a person reads it
//	explain.go, explainleader.go, explainoperation.go,
//	explainentry.go, explainspan.go,
//	explainabsent.go, explainmissing.go   why something in a run is as it is
//	judge*.go, conform*.go                whether a trace is as the spec declares it, and whether the invariants hold
//	tree.go                               spans for a reviewer's eye
//	push.go, environment.go, jaeger.go    other programs
//	diff.go, diffalign.go, diffcause.go,
//	diffbusy.go, diffreason.go            what differs between two traces, and why
//	diffside.go, diffhash.go              a trace in memory, 100 bytes a span
//	resolution.go                         times that were cut to microseconds on the way
//	difftree.go, diffoutcome.go,
//	diffphrase.go, diffconfig.go          how that is told
//	stdout.go                             stdouttrace
package traces
