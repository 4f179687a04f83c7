package record

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// exporterPrefix begins the names of the variables that say where and how spans are pushed.
const (
	exporterPrefix = "OTEL_EXPORTER_OTLP_"
	tracesPrefix   = exporterPrefix + "TRACES_" // of those for traces alone
)

// PushVariables are the variables that the push understands, behind exporterPrefix or tracesPrefix, and what each
// takes.
var PushVariables = []struct{ Name, Takes string }{
	{"ENDPOINT", "the URL, without v1/traces; with TRACES_, the whole URL"},
	{"PROTOCOL", "http/json"},
	{"HEADERS", "what else to send, as in api-key=1,tenant=a%20b"},
	{"COMPRESSION", "gzip or none; it is none if not set"},
	{"TIMEOUT", "of each request, in ms; 10000 if not set, and 0 is none"},
	{"CERTIFICATE", "a PEM file of the authorities to trust"},
	{"CLIENT_CERTIFICATE", "a PEM file of the certificate to show"},
	{"CLIENT_KEY", "a PEM file of the key to that"},
	{"INSECURE", "true or false, without effect: the URL has http or https"},
}

// PushUsage is what the push understands, for people.
func PushUsage() string {
	var b strings.Builder
	b.WriteString(`Pushing, as -otlp and the variables of OpenTelemetry's exporters say
  Spans go as JSON over HTTP, which Jaeger and the Collector take at port 4318;
  they do not go as gRPC, as to port 4317. A variable's name is one of these
  behind ` + exporterPrefix + `, or behind ` + tracesPrefix + `, which
  goes before the other; -otlp goes before both. Another name or value is
  refused, but for those of METRICS_, LOGS_ and PROFILES_.
`)
	for _, v := range PushVariables {
		fmt.Fprintf(&b, "  %-18s  %s\n", v.Name, v.Takes)
	}
	b.WriteString("  A request that is answered with 429, 502, 503 or 504 is sent again, for 5 s.\n")
	return b.String()
}

// ClearEnvironment unsets every OTEL_* variable but OTEL_EXPORTER_OTLP_*, which Push reads. A program that records a
// run calls it first, so that nothing that happens to be set where it runs can change, or make the SDK complain about,
// what it records.
func ClearEnvironment() error {
	var errs []error
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "OTEL_") && !strings.HasPrefix(name, exporterPrefix) {
			errs = append(errs, os.Unsetenv(name))
		}
	}
	return errors.Join(errs...)
}

// PushWanted says whether spans are to be pushed: to an URL given on the command line, or to an endpoint of the
// environment.
func PushWanted(endpoint string) bool {
	set, _ := variable("ENDPOINT")
	return endpoint != "" || set != ""
}

// variable is the value of a variable of the push, and its whole name: of the one for traces if that is set, or else of
// the general one. Space around a value, and a variable that is set to nothing, count for nothing.
func variable(setting string) (value, name string) {
	name = tracesPrefix + setting
	if value = strings.TrimSpace(os.Getenv(name)); value == "" {
		name = exporterPrefix + setting
		value = strings.TrimSpace(os.Getenv(name))
	}
	return value, name
}
