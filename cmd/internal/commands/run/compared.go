package run

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/export"
)

// factual is the config of a run without its counterfactuals; false if it has none.
func factual(c *config.Config) (*config.Config, bool) {
	without := c.Clone()
	without.Faults = slices.DeleteFunc(without.Faults, func(f config.Fault) bool { return f.Kind.Counterfactual() })
	return without, len(without.Faults) < len(c.Faults)
}

// original is the folder of the run that this one is but for its counterfactuals, if it is there; empty otherwise.
func (r *runner) original() string {
	without, is := factual(r.config.Config)
	if !is {
		return ""
	}
	// nothing but the file itself tells whether the scenario was changed in anything else
	for _, changed := range []bool{true, false} {
		without.Changed = changed
		folder := filepath.Join(r.options.out, without.Name())
		text, err := os.ReadFile(filepath.Join(folder, configFile))
		if _, missing := os.Stat(filepath.Join(folder, otlpFile)); err == nil && missing == nil &&
			bytes.Equal(text, without.TOML()) {
			return folder
		}
	}
	return ""
}

// counterfactual is the folder of a run that is this one but for its counterfactuals: the first such beside it; empty
// if there is none.
func (r *runner) counterfactual() string {
	own := r.config.TOML()
	for _, name := range runs.Names(r.options.out) {
		folder := filepath.Join(r.options.out, name)
		text, err := os.ReadFile(filepath.Join(folder, configFile))
		if err != nil {
			continue // a folder of something else
		}
		c, err := config.Parse(configFile, text)
		if err != nil {
			continue
		}
		without, is := factual(c)
		without.Changed = r.config.Changed
		if is && bytes.Equal(own, without.TOML()) {
			return folder
		}
	}
	return ""
}

// pair are the folders of two runs of which one is the other's counterfactual: this run, and one that lies beside it.
// False if there is none.
func (r *runner) pair() (folders [2]string, ok bool) {
	own := filepath.Join(r.options.out, r.name())
	if !r.options.files.otlp {
		return folders, false
	}
	if original := r.original(); original != "" {
		return [2]string{original, own}, true
	}
	if _, is := factual(r.config.Config); is {
		return folders, false
	}
	counterfactual := r.counterfactual()
	return [2]string{own, counterfactual}, counterfactual != ""
}

// compared is Jaeger's comparison of the trace that differs first between this run and its counterfactual. Jaeger must
// have been given both.
func (r *runner) compared(ctx context.Context, at export.Jaeger) (link, bool) {
	folders, ok := r.pair()
	if !ok {
		return link{}, false
	}
	var both [2]*diff.Trace
	defer func() {
		for _, x := range both {
			if x != nil {
				_ = x.Close() // was only read
			}
		}
	}()
	takes := runs.Takes{What: "compare", Span: 340} // as cmd/diff says
	err := runs.Read(ctx, io.Discard, folders[:], takes, func(ctx context.Context, i int, run runs.Run) (err error) {
		both[i], err = diff.Read(ctx, run.Path, r.config.Row().Diff, diff.ReadOptions{Progress: run.Progress})
		return err
	})
	if err != nil {
		return link{}, false // whoever asks for the difference is told
	}
	d, err := diff.Compare(ctx, both[0], both[1], diff.Options{Max: 1})
	if err != nil {
		return link{}, false
	}
	a, b, ok := d.FirstTraces(both[0], both[1])
	if !ok {
		return link{}, false
	}
	other := filepath.Base(folders[0])
	if folders[0] == filepath.Join(r.options.out, r.name()) {
		other = filepath.Base(folders[1])
	}
	return link{"differs first from " + other, at.Comparison(a, b)}, true
}
