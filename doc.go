// Package raftkv runs Raft so that a person can see, check and compare what happened. The root holds no code: see raftkv/ for the protocol, cmd/ for the
// commands and spec/ for what the protocol's types and telemetry are generated from.
package raftkv

//go:generate go run ./gen
