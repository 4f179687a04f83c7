package sim

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Began is when a process began with what it handles now.
func Began(w world.World) time.Duration { return w.(*actor).began }
