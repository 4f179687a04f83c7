package terminal

import (
	"bytes"
	"fmt"
	"testing"
)

// watched is a writer that shows progress in its own way.
type watched struct {
	bytes.Buffer

	shown []string
}

func (w *watched) Progress(label string, done, total int) {
	w.shown = append(w.shown, fmt.Sprintf("%s %d/%d", label, done, total))
}

// TestWatcher tells a watcher at once how far it is, and writes nothing.
func TestWatcher(t *testing.T) {
	var w watched
	bar := NewProgress(&w, "operations", 10)
	bar.Set(3)
	bar.Set(4) // too soon to be told
	bar.Done()
	if got := fmt.Sprint(w.shown); got != "[operations 3/10]" || w.Len() > 0 {
		t.Errorf("the watcher was told %s, and %q was written", got, w.String())
	}
}
