package world

import "time"

// Sent is what tells of a message that was sent: its sender's span.
type Sent interface {
	On() bool
	SetSize(bytes int64)
	Drop(cause string)
	Delay(cause string, delay time.Duration)
	Duplicate(cause string, copies int64)
	LateCopy(cause string, delay time.Duration)
}

// Sized is a message that knows how many bytes it has.
type Sized interface{ EncodedSize() int }

// NoteFate notes on a message's span how long the message is, and what the network does to it.
func NoteFate[S Sent](span S, fate Fate) {
	if fate.Message != nil && span.On() {
		span.SetSize(int64(fate.Message.EncodedSize()))
	}
	if fate.Drop != "" {
		span.Drop(string(fate.Drop))
	}
	if fate.Delay != "" {
		span.Delay(string(fate.Delay), fate.DelayBy)
	}
	if fate.Duplicate != "" {
		span.Duplicate(string(fate.Duplicate), 1)
	}
	if fate.CopyLate > 0 {
		span.LateCopy(string(CauseNetwork), fate.CopyLate)
	}
}
