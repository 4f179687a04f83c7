// Package draft writes files and folders that are whole or not there: each is made under a hidden name in the folder
// where it shall be, and is renamed. What a command that was killed left of that is removed by the next that writes
// there.
package draft

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// prefix begins the name of every draft. Nobody else gives such names.
const prefix = ".raftkv-draft-"

// Folder is a hidden folder that something is made in.
type Folder struct {
	path string
	lock *os.File // held as long as it is in use
}

// NewFolder makes a draft in a folder, and removes there what killed commands left.
func NewFolder(parent string) (*Folder, error) {
	RemoveAbandoned(parent)
	for {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, err
		}
		lock, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // it was taken for abandoned before it was locked
		}
		if err != nil {
			return nil, errors.Join(err, os.Remove(path))
		}
		if hold(lock) {
			if _, err := os.Stat(path); err == nil {
				return &Folder{path, lock}, nil
			}
		}
		_ = lock.Close() // was only locked
	}
}

// Path is where the draft is.
func (f *Folder) Path() string { return f.path }

// Remove removes the draft, and what is in it. What cannot be removed does no harm: its name is no run's.
func (f *Folder) Remove() {
	if f == nil {
		return
	}
	_ = f.lock.Close() // was only locked; where a system lets no open folder be removed, it has to be first
	_ = os.RemoveAll(f.path)
}

// Write writes a file, which is whole then, or as it was. A device or a pipe is written to, and not replaced.
func Write(path string, content func(io.Writer) error) (err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(content(file), file.Close())
	}
	folder, err := NewFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Remove()
	draft := filepath.Join(folder.path, filepath.Base(path))
	file, err := Create(draft, path)
	if err != nil {
		return err
	}
	if err := errors.Join(content(file), file.Close()); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

// File is a file of a draft. Its errors call it by the name that it shall have: people do not know of drafts.
type File struct {
	file  *os.File
	shown string
}

// Create begins a file of a draft; shown is the name that it shall have.
func Create(path, shown string) (*File, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &File{file, shown}, nil
}

// Write writes to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, f.explain(err)
}

// Close ends the file.
func (f *File) Close() error { return f.explain(f.file.Close()) }

func (f *File) explain(err error) error {
	var wrong *fs.PathError
	if !errors.As(err, &wrong) {
		return err
	}
	return &fs.PathError{Op: wrong.Op, Path: f.shown, Err: wrong.Err}
}

// RemoveAbandoned removes the drafts in a folder that nobody works on any more.
func RemoveAbandoned(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // whoever writes there says so
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			removeAbandoned(filepath.Join(parent, e.Name()))
		}
	}
}

func removeAbandoned(path string) {
	lock, err := os.Open(path)
	if err != nil {
		return // it is gone, or is another person's
	}
	defer func() { _ = lock.Close() }() // was only locked
	if free(lock) {
		_ = os.RemoveAll(path) // what cannot be removed does no harm
	}
}
