// Package pages makes pages of runs that a command line names: it reads the runs, has them compared where there are
// two, and says what a page cannot show.
//
//	pages.go  Runs: what a page shows, and the page
//	read.go   a run is read, as far as it can be
//	cut.go    traces that are cut off
//	part.go   a part of a run, by time
//	serve.go  a page is shown to browsers of this machine
//	notes.go  what a person is to know of what is missing
package pages

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/across"
	"github.com/raftkv/raftkv/traces/view"
)

// MostSpans is how many spans a page shows at most: a browser holds about 100 bytes of each and more.
const MostSpans = 2_000_000

// Takes is what is held of each trace.
var Takes = runs.Takes{What: "show", Span: 600}

// Runs are the runs that a page shows: one, or two.
type Runs struct {
	list []*one
	part Part
}

// Read reads the runs that names name, or the part of the only one. Close closes their files.
func Read(ctx context.Context, stderr io.Writer, names []string, part Part) (*Runs, error) {
	r := &Runs{part: part}
	for _, name := range names {
		r.list = append(r.list, &one{name: name, two: len(names) > 1})
	}
	err := runs.Read(ctx, stderr, names, Takes, func(ctx context.Context, i int, run runs.Run) error {
		if about := run.Spans; about > MostSpans && !part.Chosen() {
			return tooMany(names[i], about)
		}
		return r.list[i].read(ctx, run)
	})
	if err == nil && part.Chosen() {
		err = r.list[0].cutTo(part)
	}
	for _, x := range r.list {
		if err == nil && x.trace.Len() > MostSpans {
			err = tooMany(x.name, x.trace.Len())
		}
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// tooMany is the error of a run with more spans than a page shows.
func tooMany(name string, spans int) error {
	return fmt.Errorf("%s has about %.1f million spans, and a page shows at most %d million, as much as a browser takes: "+
		"%s shows a part of it", name, float64(spans)/1e6, MostSpans/1_000_000,
		command.Line("view", "-from", "1s", "-to", "2s", name))
}

// Close closes the traces.
func (r *Runs) Close() {
	for _, x := range r.list {
		if x.trace != nil {
			_ = x.trace.Close() // was only read
		}
	}
}

// Spans returns how many spans there are in all.
func (r *Runs) Spans() (n int) {
	for _, x := range r.list {
		n += x.trace.Len()
	}
	return n
}

// Wrong is what is wrong with the traces of which a page shows what can be shown, with the places; nil for nothing.
func (r *Runs) Wrong() (wrong error) {
	for _, x := range r.list {
		wrong = errors.Join(wrong, x.cut)
	}
	return wrong
}

// File returns where the page lies if nobody says otherwise: beside the last run.
func (r *Runs) File() string {
	path := r.list[len(r.list)-1].path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, runs.PageFile)
	}
	return filepath.Join(filepath.Dir(path), runs.PageFile)
}

// Page returns the page. Two runs are compared for it.
func (r *Runs) Page(ctx context.Context) (*view.Page, error) {
	var names []string
	page := &view.Page{}
	for _, x := range r.list {
		names = append(names, x.name)
		page.Runs = append(page.Runs, x.shown(r.part))
	}
	page.Title = "raftkv: " + strings.Join(names, " and ")
	if len(r.list) == 2 {
		c, err := r.compare(ctx)
		if err != nil {
			return nil, err
		}
		page.Parts = append(page.Parts, page.ComparisonPart(c))
	}
	return page, nil
}

// compare compares two runs. It fails only if they cannot be read again, or if somebody does not want to wait.
func (r *Runs) compare(ctx context.Context) (*view.Comparison, error) {
	a, b := r.list[0], r.list[1]
	if a.diff == nil || b.diff == nil {
		return &view.Comparison{Why: cmp.Or(a.apart, b.apart)}, nil
	}
	c := &view.Comparison{}
	var err error
	if a.of != b.of {
		if c.Across, err = across.Compare(a.trace, b.trace); err == nil {
			c.Across.A.Name, c.Across.A.Protocol = a.name, a.of.Name
			c.Across.B.Name, c.Across.B.Protocol = b.name, b.of.Name
		}
	} else if c.Difference, c.Spans, err = diff.CompareSpans(ctx, a.diff, b.diff, view.MostTold); err == nil {
		c.Difference.A.Name, c.Difference.B.Name = a.name, b.name
	}
	if err == nil || ctx.Err() != nil || a.trace.Err() != nil || b.trace.Err() != nil {
		return c, errors.Join(err, ctx.Err())
	}
	return &view.Comparison{Why: err.Error()}, nil
}

// Write reads runs and writes the page that shows them: to a file, or beside the last one if that is empty. It returns
// which file that is.
func Write(ctx context.Context, stderr io.Writer, file string, names ...string) (string, error) {
	r, err := Read(ctx, stderr, names, Part{})
	if err != nil {
		return "", err
	}
	defer r.Close()
	return r.Write(ctx, stderr, cmp.Or(file, r.File()))
}

// Write writes the page to a file, which is whole then or as it was, and returns which file that is.
func (r *Runs) Write(ctx context.Context, stderr io.Writer, file string) (string, error) {
	done := terminal.Wait(stderr, "making the page")
	defer done()
	page, err := r.Page(ctx)
	if err != nil {
		return "", err
	}
	if err := draft.Write(file, page.Write); err != nil {
		return "", fmt.Errorf("cannot write %s: %w", file, err)
	}
	return file, nil
}

// Serve shows the page to the browsers of this machine until ctx ends, and says where: see the function Serve.
func (r *Runs) Serve(ctx context.Context, stdout, stderr io.Writer, port int) error {
	done := terminal.Wait(stderr, "making the page")
	page, err := r.Page(ctx)
	if err != nil {
		done()
		return err
	}
	var content bytes.Buffer
	err = page.Write(&content)
	done()
	if err != nil {
		return err
	}
	return Serve(ctx, stdout, port, page.Policy(), content.Bytes())
}

// protocolOf is what the page knows a protocol by.
func protocolOf(p *whole.Protocol) view.Protocol {
	return view.Protocol{
		Name: p.Name, Build: cluster.Build(&p.Run), Specs: p.Specs, Landmarks: p.Landmarks, Shown: p.Shown, Story: p.Story,
		Explain: p.Explain,
	}
}
