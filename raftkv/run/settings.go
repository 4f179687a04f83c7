package run

import "github.com/raftkv/raftkv/raftkv/world"

// Settings are the values of a protocol's section of a config: a pointer to a struct of the protocol's.
type Settings interface {
	Clone() Settings

	// First is the server that is told to stand for election before the others, and that clients ask first; 0 for none.
	First() world.ProcessID

	// Clashes are the values that do not go together in a cluster of so many servers.
	Clashes(c Counts) []Clash

	// Vary draws what is drawn for clusters of all kinds; Age draws what was before the run, which is nothing in most.
	Vary(d Dice, c Counts)
	Age(d Dice)
}

// Setting is a key of a protocol's section of a config.
type Setting struct {
	Name     string
	Doc      string
	Optional bool // whether a file that says everything leaves it out when it is as usual

	Usual any                // a bool, int, uint64, time.Duration or world.Range
	Field func(Settings) any // points to the value

	Least, Most int64  // of a whole number
	Positive    string // why a time cannot be zero, or a range not begin there; empty where it can
}

// Clash is some keys whose values do not go together.
type Clash struct {
	Keys []string // with their section, such as num_nodes and raft.first_leader
	Why  string
}

// Dice draw what is left to chance, each draw by the seed and its purpose.
type Dice interface {
	// From is a number of a range, both ends included.
	From(purpose string, low, high int) int
	// Likely is true in so many of a hundred cases.
	Likely(purpose string, percent int) bool
}

// OneOf is one of several, each as likely as the others.
func OneOf[T any](d Dice, purpose string, all ...T) T { return all[d.From(purpose, 0, len(all)-1)] }

// NoSettings returns the settings of a protocol that has none: its configs have no section of its own.
func NoSettings() Settings { return none{} }

type none struct{}

// Clone implements Settings.
func (none) Clone() Settings { return none{} }

// First implements Settings.
func (none) First() world.ProcessID { return 0 }

// Clashes implements Settings.
func (none) Clashes(Counts) []Clash { return nil }

// Vary implements Settings.
func (none) Vary(Dice, Counts) {}

// Age implements Settings.
func (none) Age(Dice) {}
