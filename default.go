package raftkv

import _ "embed"

// DefaultConfig is the text of cmd/run/config.toml: the config of the default run, which a person reads there to learn
// all keys. It is embedded here, as the package beside that file is a program, which nobody can import.
//
//go:embed cmd/run/config.toml
var DefaultConfig []byte
