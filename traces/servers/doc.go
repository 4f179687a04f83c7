// Package servers has tests alone: runs go through a real Jaeger and a real OpenTelemetry Collector, and what those
// make of a run is read as the run. `make test-jaeger` and `make test-collector` start them; programs_test.go is what
// both tests need.
package servers
