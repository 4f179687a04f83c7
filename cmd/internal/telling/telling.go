// Package telling is what the commands share that tell the story of a run: the flags that choose a part of it, and how
// it looks on a terminal.
package telling

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// Part is a part of a story, as flags choose it.
type Part struct {
	story.Selection

	Given []string // the flags, as they were given
}

// Flags are -only, -from and -to.
func Flags[Options any](of func(*Options) *Part) []flags.Flag[Options] {
	return []flags.Flag[Options]{
		{
			Name: "only", Takes: "LIST", Help: "tell what these processes tell, such as node-3, leader-1, client-2 or world, " +
				"or all of a kind, such as nodes or clients; a list has commas, and the flag may be repeated",
			Set: func(o *Options, v string) []error { return of(o).only(v) },
		},
		{
			Name: "from", Takes: "TIME", Help: "tell what happens from this virtual time on, as in -from 250ms",
			Set: func(o *Options, v string) []error {
				return of(o).time("-from", v, &of(o).From)
			},
		},
		{
			Name: "to", Takes: "TIME", Help: "and what happens until then, that moment included",
			Set: func(o *Options, v string) []error {
				return of(o).time("-to", v, &of(o).To)
			},
		},
	}
}

func (p *Part) only(value string) (wrong []error) {
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name == "" {
			return flags.Wrong("-only wants a list of processes such as node-3,world, without gaps, not %q", value)
		}
		p.Only = append(p.Only, name)
	}
	p.Given = append(p.Given, "-only "+value)
	return nil
}

func (p *Part) time(flag, value string, field *time.Duration) []error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return flags.Wrong("%s wants a time from 0 such as 250ms, as a line of the story has it, not %q", flag, value)
	}
	if *field = d; flag == "-to" {
		*field = max(d, 1) // 0 would be the end
	}
	p.Given = append(p.Given, flag+" "+value)
	return nil
}

// Chosen says whether the part may not be all of the story.
func (p *Part) Chosen() bool { return len(p.Given) > 0 }

// Wrong says what cannot be so of a part, whatever story it is of.
func (p *Part) Wrong() error {
	if p.To != 0 && p.To < p.From {
		return fmt.Errorf("-to %s is before -from %s", p.To, p.From)
	}
	return nil
}

// Check says which names are those of no process, given those there are.
func (p *Part) Check(processes []string) error {
	all := slices.Clone(processes)
	for _, process := range processes {
		if id, err := world.ParseProcessID(process); err == nil && !slices.Contains(all, id.Group().String()+"s") {
			all = append(all, id.Group().String()+"s")
		}
	}
	var wrong []error
	for _, only := range p.Only {
		if !slices.Contains(all, only) {
			wrong = append(wrong,
				fmt.Errorf("-only %s: there is no such process; the nearest is %s", only, nearest.Name(only, all)))
		}
	}
	return errors.Join(wrong...)
}

// Said says how much of the story was told, and why not all.
func (p *Part) Said(told story.Told) string {
	return fmt.Sprintf("%s of %s, because of %s", words.Grouped(told.Lines), words.Counted(told.Of, "line"),
		strings.Join(p.Given, " "))
}

// Style is how a story looks that is written there.
func Style(w io.Writer) story.Style {
	if terminal.StyleOf(w).Colour {
		return story.ANSI
	}
	return story.Plain
}

// Legend is the part of a usage that says what the words of a story mean.
const Legend = `
The store has three commands, and each takes a place in the log
  PUT k = v   inserts: of a key that is there it is REJECTED (key exists), and
              the value stays; DELETE k first, to give the key another
  GET k       the value, or NOT FOUND
  DELETE k    OK, or NOT FOUND
`
