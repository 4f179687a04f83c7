package config

import (
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/keys"
)

// settings are the keys of the usual protocol, but for that which chooses another: see protocol_test.go.
var settings = slices.DeleteFunc(slices.Clone(unnamed().settings), func(k keys.Key[Config]) bool {
	return k.Name == protocolKey
})

func nearestKey(name string) string { return unnamed().nearestKey(name) }
