package run

import "github.com/raftkv/raftkv/raftkv/world"

// Member is a server of a protocol whose servers know each other from the beginning, and of which none is a leader that
// others elect.
type Member struct {
	In      world.Process // that the world runs
	Applies func() uint64 // how many entries its store has applied; nil where its party applies none
}

var _ Server = Member{}

// ID implements Server.
func (m Member) ID() world.ProcessID { return m.In.ID() }

// Process implements Server.
func (m Member) Process() world.Process { return m.In }

// FirstRecord implements Server: nothing was there before the run.
func (Member) FirstRecord() []byte { return nil }

// KnowsCluster implements Server.
func (Member) KnowsCluster() bool { return true }

// Role implements Server.
func (Member) Role() string { return "" }

// Term implements Server.
func (Member) Term() uint64 { return 0 }

// Applied implements Server.
func (m Member) Applied() uint64 {
	if m.Applies == nil {
		return 0
	}
	return m.Applies()
}

// LogTerms implements Server.
func (Member) LogTerms() []int { return nil }
