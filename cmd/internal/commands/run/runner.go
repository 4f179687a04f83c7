package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
)

// runner carries out one run.
type runner struct {
	options        options
	config         *config.Resolved
	stdout, stderr io.Writer

	folder   *folder
	tally    tally
	story    *story.Story // nil when nobody wants it
	push     *heldPush    // nil when nothing is pushed
	openings *openings    // likewise
	pushed   error        // what went wrong with it
	result   cluster.Result
	shrunk   bool // what is left of the run is written, too
	paged    bool // and the page that shows it

	latencies func() uint64 // for tests, which have a run panic: see cluster.Options
}

// run simulates, writes the files, and only then pushes and prints: a run that cannot be done leaves nothing anywhere,
// and a reader that goes away costs no file.
func (r *runner) run(ctx context.Context) int {
	exporters, err := r.open()
	if err != nil {
		return command.Failed(r.stderr, err)
	}
	defer r.folder.discard()
	recorder := record.NewRecorder(record.RecorderOptions{Name: r.config.RunName()}, exporters...)
	err = r.simulate(ctx, recorder)
	if failed := (*cluster.Panic)(nil); errors.As(err, &failed) {
		return r.salvage(ctx, recorder, failed)
	}
	if err != nil {
		return command.Failed(r.stderr, err)
	}
	// what a violation stopped may not have come to every message
	if err := r.unmet(); err != nil && r.result.Checks.Violation == nil {
		return command.Failed(r.stderr, err)
	}
	done := terminal.Wait(r.stderr, "writing the files")
	err = r.writeFiles(ctx, recorder)
	done()
	if err != nil {
		return command.Failed(r.stderr, r.unwritten(err))
	}
	return r.conclude(ctx)
}

// open begins the files and whatever else takes the run's spans.
func (r *runner) open() (exporters []record.Exporter, err error) {
	if r.folder, err = newFolder(r.options.out, r.name()); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			r.folder.discard()
		}
	}()
	r.tally.protocol = r.config.Row()
	exporters = append(exporters, &r.tally)
	if r.options.files.otlp {
		w, err := r.folder.create(otlpFile)
		if err != nil {
			return nil, err
		}
		exporters = append(exporters, record.NewOTLPFile(w))
	}
	if create := r.spansFile(); create != nil {
		w, err := create(stdouttraceFile)
		if err != nil {
			return nil, err
		}
		lines, err := record.NewStdout(w)
		if err != nil {
			return nil, err
		}
		exporters = append(exporters, lines)
	}
	if r.options.files.story || r.printsStory() {
		r.story = story.New(r.config.Row().Story)
		exporters = append(exporters, r.story)
	}
	if record.PushWanted(r.options.otlp) {
		push, err := record.NewPush(r.options.otlp)
		if err != nil {
			return nil, err
		}
		r.push = &heldPush{
			push: push,
			hold: slices.ContainsFunc(r.config.Faults, func(f config.Fault) bool { return f.Kind.Counterfactual() }),
		}
		r.openings = newOpenings(r.config.Row())
		exporters = append(exporters, r.push, r.openings)
	}
	return exporters, nil
}

// spansFile begins the file of JSON lines: one of the run's, or one that is only printed; nil when nobody wants it.
func (r *runner) spansFile() func(name string) (io.Writer, error) {
	switch {
	case r.options.files.stdouttrace:
		return r.folder.create
	case r.options.stdout:
		return r.folder.scratch
	default:
		return nil
	}
}

// heldPush pushes spans while the run goes on, but keeps them back as long as a counterfactual may turn out to name no
// message: then nothing is to come of the run.
type heldPush struct {
	push *record.Push
	hold bool
	kept []*span.Span
}

// Export pushes a span, or keeps it.
func (h *heldPush) Export(ctx context.Context, s *span.Span) error {
	if h.hold {
		h.kept = append(h.kept, s.Clone())
		return nil
	}
	return h.push.Export(ctx, s)
}

// Shutdown does nothing: files come first, see finish.
func (*heldPush) Shutdown(context.Context) error { return nil }

// finish pushes what is left.
func (h *heldPush) finish(ctx context.Context) error {
	var err error
	for _, s := range h.kept {
		err = errors.Join(err, h.push.Export(ctx, s))
	}
	return errors.Join(err, h.push.Shutdown(ctx))
}

func (r *runner) printsStory() bool { return !r.options.quiet && !r.options.stdout && !r.options.json }

func (r *runner) name() string {
	if r.options.name != "" {
		return r.options.name
	}
	return r.config.Name()
}

// simulate has the run happen. It stops early when its spans cannot be written.
func (r *runner) simulate(ctx context.Context, recorder *record.Recorder) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	bar := terminal.NewProgress(r.stderr, "operations", r.config.TotalOperations())
	defer bar.Done()
	var err error
	r.result, err = cluster.New(r.config.Config,
		cluster.Options{Recorder: recorder, Latencies: r.latencies, Progress: func(operations int) {
			bar.Set(operations)
			if recorder.Err() != nil {
				stop()
			}
		}}).Run(running)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.New("interrupted: nothing was written")
	case recorder.Err() != nil:
		return r.unwritten(recorder.Err())
	default:
		return err
	}
}

// unmet says which counterfactuals name no message of the run.
func (r *runner) unmet() error {
	var wrong positions.Diagnostics
	for i, fault := range r.config.Faults {
		if slices.Contains(r.result.Unmet, fault.Message) && fault.Kind.Counterfactual() {
			wrong = append(wrong,
				r.config.FaultDiagnostic(i,
					"no message of this run has the id %s: give the id of a client, producer or server span of a message that is sent",
					fault.Message))
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// writeFiles finishes the files and puts them into their places.
func (r *runner) writeFiles(ctx context.Context, recorder *record.Recorder) error {
	if err := recorder.Close(ctx); err != nil {
		return err
	}
	if r.options.files.story {
		w, err := r.folder.create(storyFile)
		if err != nil {
			return err
		}
		if err := r.story.Write(w, story.Plain); err != nil {
			return err
		}
	}
	w, err := r.folder.create(configFile)
	if err != nil {
		return err
	}
	if _, err := w.Write(r.config.TOML()); err != nil {
		return err
	}
	if err := r.folder.finish(); err != nil {
		return err
	}
	return r.folder.commit()
}

// unwritten says why there are no files. What a file itself says is plainer than what those who write to it make of it.
func (r *runner) unwritten(err error) error {
	if files := r.folder.finish(); files != nil {
		err = files
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for i := range all {
		all[i] = fmt.Errorf("nothing was written: %w", all[i])
	}
	return errors.Join(all...)
}

// conclude pushes what is left to push, prints the result, and says how the run ended.
func (r *runner) conclude(ctx context.Context) int {
	status := statusFine
	if r.push != nil {
		r.pushed = r.push.finish(ctx)
	}
	status = max(status, r.writePage(ctx))
	shrinks := r.options.shrink && r.result.Checks.Violation != nil
	if shrinks && r.options.json { // the object tells of it
		status = max(status, r.shrink(ctx))
	}
	err := r.print(ctx)
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted; the files are written")
	}
	status = max(status, command.Printed(err, r.stderr))
	if r.pushed != nil {
		status = max(status, command.Failed(r.stderr, fmt.Errorf("the files are written; %w", r.pushed)))
	}
	if !r.printsStory() { // the summary tells
		terminal.PrintErrors(r.stderr, r.missed())
	}
	if r.result.Checks.Violation != nil {
		r.printViolation(ctx, r.stderr)
		if shrinks && !r.options.json {
			status = max(status, r.shrink(ctx))
		}
		if r.expectsViolation() {
			return status
		}
		return max(status, statusViolation)
	}
	if failed := r.unexpected(); len(failed) > 0 {
		terminal.PrintErrors(r.stderr, failed)
		status = max(status, statusViolation)
	}
	return status
}

// writePage writes the page that shows the run, if it was asked for.
func (r *runner) writePage(ctx context.Context) int {
	if !r.options.html {
		return statusFine
	}
	if _, err := pages.Write(ctx, r.stderr, "", r.folder.path); err != nil {
		return command.Failed(r.stderr, fmt.Errorf("the files are written; %w", err))
	}
	r.paged = true
	return statusFine
}

// interruptible writes until the command is told to stop.
type interruptible struct {
	ctx context.Context
	w   io.Writer
}

func (i interruptible) Write(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.w.Write(p)
}

// missed are the faults that did not happen, with their places. Those that a profile drew, now or when it wrote the
// run.toml, are none of them: nobody said that they should.
func (r *runner) missed() positions.Diagnostics {
	var missed positions.Diagnostics
	_, err := profile.Find(r.config.Scenario)
	drawn := err == nil
	for _, m := range r.result.Missed {
		if !drawn && !r.config.Drawn(m.Fault) {
			missed = append(missed, r.config.FaultDiagnostic(m.Fault, "it did not happen: %s", m.Why))
		}
	}
	return missed
}

// expectsViolation says whether the violation that stopped the run is the one that the scenario is for.
func (r *runner) expectsViolation() bool {
	return slices.ContainsFunc(r.config.Expects, func(e config.Expect) bool {
		return e.Violated == r.result.Checks.Violation.Invariant.Name
	})
}

// unexpected are the expectations that did not come true.
func (r *runner) unexpected() positions.Diagnostics {
	var failed positions.Diagnostics
	for _, f := range r.result.Failed {
		failed = append(failed, r.config.ExpectDiagnostic(f.Expect, "%s", f.Got))
	}
	return failed
}
