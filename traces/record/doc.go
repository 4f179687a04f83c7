// Package record takes the spans of a run when they end, and writes them to files and sends them to receivers, in one
// order. Open recorder.go first: a Recorder hands each span to every Exporter.
//
//	recorder.go       Recorder: spans, in the order in which they end
//	recorderlater.go  what is known of a span only after it ended: what it sent was lost, and by which fault
//	otlpfile.go       the trace file
//	otlpjson.go       a span as OTLP/JSON
//	stdout.go         spans.json, in the format of the stdouttrace exporter
//	push.go           spans, sent to a Collector or a Jaeger
//	pushrequest.go    one request, sent again while the receiver is too busy for it
//	environment.go    the variables OTEL_*: what the push understands, and what must not leak into a run
package record
