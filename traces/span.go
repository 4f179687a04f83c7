package traces

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// A span, and what it is made of.
type (
	// Span is one as the recorder takes it, and as a reader gives it.
	Span = span.Span
	// Event is what happened during a span.
	Event = span.Event
	// Link is from a span to another one that it has to do with.
	Link = span.Link
	// Status says whether what a span stands for failed.
	Status = span.Status
)

// IsFault says whether a span of this name tells of a fault: the name goes on with what fault it is, and to whom.
func IsFault(name string) bool {
	rest, is := strings.CutPrefix(name, worldspans.FaultName)
	return is && (rest == "" || rest[0] == ' ')
}

// DeclaredName is the name that the spec has for spans of a name: the first word of a fault's.
func DeclaredName(name string) string {
	if IsFault(name) {
		return worldspans.FaultName
	}
	return name
}

// Find is the value of an attribute among others; one that is not there is empty.
func Find(attributes []attribute.KeyValue, key attribute.Key) attribute.Value {
	return span.Find(attributes, key)
}

// ServiceName is the attribute of a resource that names the process.
const ServiceName = attribute.Key("service.name")
