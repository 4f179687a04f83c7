package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/runs"
)

// The files of a run's folder.
const (
	otlpFile        = "trace.otlp.jsonl"
	stdouttraceFile = "spans.json"
	storyFile       = "story.txt"
	configFile      = library.ConfigFile
	shrunkFile      = "shrunk.toml"
	shrunkStoryFile = "shrunk.txt"
)

var (
	runFiles  = []string{otlpFile, stdouttraceFile, storyFile, configFile}
	laidFiles = []string{shrunkFile, shrunkStoryFile} // beside them, where the run was shrunk
)

// defaultOut is where the folders of runs are when nobody says otherwise.
var defaultOut = filepath.FromSlash(runs.Folder)

// folder is a run's folder in the making: its files are written in a draft beside it, and take their places all
// together when they are whole. So whatever stops a run, a folder holds the files of one run, or none.
type folder struct {
	path  string   // where the files shall be
	made  []string // the folders around it that were made for it, the innermost first
	draft *draft.Folder
	files []*draftFile
}

// newFolder makes ready to write the files of a run.
func newFolder(parent, name string) (*folder, error) {
	path := filepath.Join(parent, name)
	if info, err := os.Lstat(path); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is in the way: it is no folder", path)
	}
	for _, file := range slices.Concat(runFiles, laidFiles) {
		if info, err := os.Lstat(filepath.Join(path, file)); err == nil && info.IsDir() {
			return nil, fmt.Errorf("%s is in the way: it is a folder", filepath.Join(path, file))
		}
	}
	f := &folder{path: path, made: missing(parent)}
	if err := f.makeDraft(parent); err != nil {
		f.discard()
		return nil, fmt.Errorf("cannot write into the folder of the runs: %w", err)
	}
	return f, nil
}

func (f *folder) makeDraft(parent string) (err error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	if f.draft, err = draft.NewFolder(parent); err != nil {
		return err
	}
	// A draft keeps others out. The folder that takes its place is one like others.
	return os.Mkdir(f.fresh(), 0o755)
}

// fresh is where the files are that shall take their places.
func (f *folder) fresh() string { return filepath.Join(f.draft.Path(), "new") }

// aside is where an earlier run's files wait until those of this one are in their places.
func (f *folder) aside() string { return filepath.Join(f.draft.Path(), "old") }

// missing are the folders that have to be made before there is this one, the innermost first.
func missing(path string) []string {
	var all []string
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return all
		}
		all = append(all, dir)
	}
}

// create begins a file of the run.
func (f *folder) create(name string) (io.Writer, error) {
	return f.begin(f.fresh(), name)
}

// scratch begins a file that does not outlive the draft.
func (f *folder) scratch(name string) (io.Writer, error) {
	return f.begin(f.draft.Path(), name)
}

func (f *folder) begin(dir, name string) (io.Writer, error) {
	file, err := draft.Create(filepath.Join(dir, name), filepath.Join(f.path, name))
	if err != nil {
		return nil, err
	}
	d := &draftFile{bufio.NewWriterSize(file, 1<<18), file}
	f.files = append(f.files, d)
	return d, nil
}

// draftFile is a file in the making.
type draftFile struct {
	*bufio.Writer

	file *draft.File
}

// finish writes out what is buffered.
func (d *draftFile) finish() error {
	err := d.Flush()
	return errors.Join(err, d.file.Close())
}

// finish writes out what all files hold, and closes them.
func (f *folder) finish() error {
	var errs []error
	for _, d := range f.files {
		errs = append(errs, d.finish())
	}
	f.files = nil
	return errors.Join(errs...)
}

// commit puts the finished files into their places. What is left of the draft then is scratch.
func (f *folder) commit() error {
	err := os.Rename(f.fresh(), f.path)
	if err != nil {
		if info, statErr := os.Stat(f.path); statErr != nil || !info.IsDir() {
			return err
		}
		err = f.replace()
	}
	if err == nil {
		_ = os.RemoveAll(f.fresh()) // discard tries again
		_ = os.RemoveAll(f.aside())
		_ = os.Remove(f.draft.Path())
	}
	return err
}

// earlier are the files of an earlier run that may be there: its own, and those that commands made of it. A folder or a
// link that is called like one of the latter is a person's.
func (f *folder) earlier() []string {
	names := slices.Concat(runFiles, laidFiles)
	for _, name := range runs.Derived() {
		if info, err := os.Lstat(filepath.Join(f.path, name)); err == nil && info.Mode().IsRegular() {
			names = append(names, name)
		}
	}
	return names
}

// replace puts the files into a folder that was there before, in which only what an earlier run left goes away. When
// something goes wrong, all is as it was.
func (f *folder) replace() (err error) {
	if err := os.MkdirAll(f.aside(), 0o755); err != nil {
		return err
	}
	var undo []func()
	defer func() {
		if err != nil {
			for _, back := range slices.Backward(undo) {
				back()
			}
		}
	}()
	for _, step := range []struct{ from, to string }{{f.path, f.aside()}, {f.fresh(), f.path}} {
		for _, name := range f.earlier() {
			from, to := filepath.Join(step.from, name), filepath.Join(step.to, name)
			switch err := os.Rename(from, to); {
			case err == nil:
				undo = append(undo, func() { _ = os.Rename(to, from) }) // it went the other way a moment ago
			case !errors.Is(err, fs.ErrNotExist):
				return err
			}
		}
	}
	return nil
}

// add puts one more file beside those that are in their places.
func (f *folder) add(name string, content []byte) error {
	return draft.Write(filepath.Join(f.path, name), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// discard takes away what is not in its place, and the folders that were made for nothing.
func (f *folder) discard() {
	for _, d := range f.files {
		_ = d.file.Close() // it is removed
	}
	f.files = nil
	f.draft.Remove()
	for _, dir := range f.made {
		_ = os.Remove(dir) // only an empty one goes away
	}
}
