package run

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/cmd/internal/telling"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// shrink cuts a run that violates an invariant down to what it takes, writes that and its story beside the run's other
// files, and tells it.
func (r *runner) shrink(ctx context.Context) int {
	bar := terminal.NewProgress(r.stderr, "shrinking", shrink.DefaultRuns)
	shrunk, err := shrink.Shrink(ctx, r.config.Config, shrink.Options{Progress: func(runs int, size shrink.Size) {
		bar.Label("shrinking to " + size.String())
		bar.Set(runs)
	}})
	bar.Done()
	lines := story.New(r.config.Row().Story)
	if err == nil {
		err = tell(ctx, shrunk.Config, lines)
	}
	if err == nil {
		err = r.writeShrunk(shrunk, lines)
	}
	switch {
	case err == nil:
		r.shrunk = true
		return command.Printed(r.printShrunk(interruptible{ctx, r.stdout}, shrunk, lines), r.stderr)
	case ctx.Err() != nil:
		return command.Failed(r.stderr, errors.New("interrupted while shrinking; the files of the run are written"))
	default:
		return command.Failed(r.stderr, fmt.Errorf("the files of the run are written, but it cannot be shrunk: %w", err))
	}
}

// tell carries out the run of a config for its story.
func tell(ctx context.Context, c *config.Config, lines *story.Story) error {
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	if _, err := cluster.New(c, cluster.Options{Recorder: recorder}).Run(ctx); err != nil {
		return err
	}
	return recorder.Close(ctx)
}

func (r *runner) writeShrunk(shrunk *shrink.Result, lines *story.Story) error {
	var text bytes.Buffer
	if err := lines.Write(&text, story.Plain); err != nil {
		return err
	}
	if err := r.folder.add(shrunkFile, shrunk.File()); err != nil {
		return err
	}
	return r.folder.add(shrunkStoryFile, text.Bytes())
}

// printShrunk tells the story of the run that is left, how much shorter it is, and what to do next.
func (r *runner) printShrunk(to io.Writer, shrunk *shrink.Result, lines *story.Story) error {
	if !r.printsStory() {
		return nil
	}
	w := bufio.NewWriterSize(to, 1<<16)
	style, v := terminal.StyleOf(r.stdout), shrunk.Violation
	// Flush tells
	_, _ = fmt.Fprintf(w, "\n%s\n\n", style.Bold(fmt.Sprintf("The shortest run found that violates %s", v.Invariant.Name)))
	if err := lines.WriteWithin(w, telling.Style(r.stdout), terminal.Columns(r.stdout)); err != nil {
		return err
	}
	folder := filepath.Join(r.options.out, r.name())
	_, _ = io.WriteString(w, "\n"+r.laidOut([]row{
		{"shrunk from", "", shrunk.Before.String()},
		{"to", "", fmt.Sprintf("%s, in %s%s", shrunk.After, words.Counted(shrunk.Runs, "run"), unproven(shrunk))},
		{"violation", "", fmt.Sprintf("%s at %s: %s; but %s", v.Invariant.Name, v.At, v.Facts[0], v.Facts[1])},
		r.filesRow(shrunkFile, shrunkStoryFile),
		{"next", command.Line("run", filepath.Join(folder, shrunkFile)), ""},
	}))
	return w.Flush()
}

// unproven says of a result that it may still hold something that is not needed.
func unproven(shrunk *shrink.Result) string {
	if shrunk.Minimal {
		return ""
	}
	return ", which is all that are made: some of it may not be needed"
}

// shorter is the command that shrinks the run.
func (r *runner) shorter() string {
	words := []string{"-shrink"}
	if r.options.out != defaultOut {
		words = append(words, "-out", r.options.out)
	}
	return command.Line("run", append(words, filepath.Join(r.options.out, r.name(), configFile))...)
}
