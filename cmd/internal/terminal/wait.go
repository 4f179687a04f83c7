package terminal

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Wait begins to wait for what cannot be counted: it says what is done, and for how long already, to a person who waits
// at a terminal, after patience has run out. done ends it, and may be called again. It goes to w, which should be
// standard error.
func Wait(w io.Writer, what string) (done func()) {
	if !Interactive(w) {
		return func() {}
	}
	ticker := time.NewTicker(time.Second)
	end := wait(w, what, Width(w), ticker.C, time.Now)
	return func() {
		ticker.Stop()
		end()
	}
}

func wait(w io.Writer, what string, width int, ticks <-chan time.Time, now func() time.Time) (done func()) {
	began := now()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		shown := false
		for {
			select {
			case at := <-ticks:
				if took := at.Sub(began); took >= patience {
					line := []rune(fmt.Sprintf("%s, for %d s", what, took/time.Second))
					shown = true
					// all that can be done about an error is nothing
					_, _ = io.WriteString(w, "\r"+string(line[:max(0, min(len(line), width-1))])+"\x1b[K")
				}
			case <-stop:
				if shown {
					_, _ = io.WriteString(w, "\r\x1b[K")
				}
				return
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(stop) })
		<-stopped
	}
}
