// Package record takes the spans of a run when they end, and writes them to files and sends them to receivers, in one
// order. Open recorder.go first: a Recorder hands each span to every Exporter.
//
//	recorder.go       Recorder: spans, in the order in which they end
//	recorderlater.go  what is known of a span only after it ended: what it sent was lost, and by which fault
//	otlpfile.go       the trace file
//	otlpjson.go       a span as OTLP/JSON
//	stdout.go         spans.json, in the format of the stdouttrace exporter
//	stdout_js.go      the same in a page, without the SDK
//	push.go           spans, sent to a Collector or a Jaeger
//	push_js.go        a page sends none
//	pushrequest.go    one request, sent again while the receiver is too busy for it
//	pushsettings.go   where spans are sent, and how: what the variables say
//	environment.go    the variables OTEL_*: what the push understands, and what must not leak into a run
package record
