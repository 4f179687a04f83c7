package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress is a bar for what takes long. It is drawn only for a person who waits: on a terminal, and after patience has
// run out.
type Progress struct {
	w       io.Writer
	label   string
	total   int
	width   int
	now     func() time.Time // nil when nobody waits
	began   time.Time
	drawn   time.Time
	visible bool
	watcher Watcher // who draws the bar instead; nil for nobody
}

// Watcher is a writer that shows progress in its own way: the standard error of a command in a page.
type Watcher interface {
	Progress(label string, done, total int)
}

const (
	patience = 2 * time.Second
	redraw   = 100 * time.Millisecond
)

// NewProgress begins to wait for a number of things, such as operations. The bar goes to w, which should be standard
// error.
func NewProgress(w io.Writer, label string, total int) *Progress {
	if watcher, is := w.(Watcher); is {
		return &Progress{label: label, total: total, now: time.Now, watcher: watcher}
	}
	if !Interactive(w) {
		return &Progress{}
	}
	return newProgress(w, label, total, Width(w), time.Now)
}

func newProgress(w io.Writer, label string, total, width int, now func() time.Time) *Progress {
	return &Progress{w: w, label: label, total: total, width: width, now: now, began: now()}
}

// Label says what is waited for, from now on.
func (p *Progress) Label(label string) { p.label = label }

// Set says how many are done.
func (p *Progress) Set(done int) {
	if p.now == nil {
		return
	}
	now := p.now()
	if p.watcher != nil {
		if now.Sub(p.drawn) >= redraw {
			p.drawn = now
			p.watcher.Progress(p.label, done, p.total)
		}
		return
	}
	if now.Sub(p.began) < patience || p.visible && now.Sub(p.drawn) < redraw {
		return
	}
	p.visible, p.drawn = true, now
	p.write("\r" + p.line(done) + "\x1b[K")
}

// write is all that a bar can do about an error: nothing.
func (p *Progress) write(s string) { _, _ = io.WriteString(p.w, s) }

// line is the bar, within the terminal's width.
func (p *Progress) line(done int) string {
	const widest, narrowest = 40, 5
	share := 0.0
	if p.total > 0 {
		share = min(max(float64(done)/float64(p.total), 0), 1)
	}
	before := p.label + " "
	after := fmt.Sprintf(" %3.0f%% %d/%d", share*100, done, p.total)
	room := min(widest, p.width-1-Length(before)-Length(after)-len("[]"))
	if room < narrowest {
		line := []rune(before + strings.TrimSpace(after))
		return string(line[:max(0, min(len(line), p.width-1))])
	}
	full := int(share * float64(room))
	return before + "[" + strings.Repeat("#", full) + strings.Repeat(".", room-full) + "]" + after
}

// Done takes the bar away.
func (p *Progress) Done() {
	if p.visible {
		p.write("\r\x1b[K")
		p.visible = false
	}
}
