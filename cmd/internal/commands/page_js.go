package commands

import "github.com/raftkv/raftkv/cmd/internal/commands/laboratory"

// A page has a command more, for itself.
func init() {
	All = append(All, Command{"laboratory", "says what there is to run, as JSON", laboratory.Main})
}
