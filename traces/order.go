package traces

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/spans"
)

// isStep says whether an attribute numbers a step of a process.
func isStep(key attribute.Key) bool {
	return key == spans.RaftkvStepKey || key == spans.RaftkvEndStepKey
}
