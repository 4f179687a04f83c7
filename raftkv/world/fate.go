package world

import "time"

// Sent is what tells of a message that was sent: its sender's span.
type Sent interface {
	Drop(cause string)
	Delay(cause string, delay time.Duration)
	Duplicate(cause string, copies int64)
	LateCopy(cause string, delay time.Duration)
}

// NoteFate notes on a message's span what the network does to the message.
func NoteFate[S Sent](span S, fate Fate) {
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
