// Package cmd holds what the commands are given to know: the config of the default run, which a person reads at
// cmd/run/config.toml to learn all keys.
package cmd

import _ "embed"

// DefaultConfig is the text of cmd/run/config.toml.
//
//go:embed run/config.toml
var DefaultConfig []byte
