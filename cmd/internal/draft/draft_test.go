package draft

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// names are the names of what is in a folder.
func names(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func writing(text string, err error) func(io.Writer) error {
	return func(w io.Writer) error {
		_, wrong := io.WriteString(w, text)
		return errors.Join(wrong, err)
	}
}

// TestWrite writes a file that is whole, or as it was.
func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	broken := errors.New("broken")
	for _, c := range []struct {
		text string
		err  error
		want string
	}{{"first", nil, "first"}, {"hal", broken, "first"}, {"second", nil, "second"}} {
		if err := Write(path, writing(c.text, c.err)); !errors.Is(err, c.err) {
			t.Errorf("error %v, want %v", err, c.err)
		}
		if text, err := os.ReadFile(path); string(text) != c.want || err != nil {
			t.Errorf("the file holds %q, %v, want %q", text, err, c.want)
		}
		if all := names(t, folder); !slices.Equal(all, []string{"file"}) {
			t.Errorf("the folder holds %q", all)
		}
	}
	if err := Write(folder, writing("x", nil)); err == nil {
		t.Error("a folder is written over")
	}
	if err := Write(filepath.Join(folder, "none", "file"), writing("x", nil)); err == nil {
		t.Error("a folder that is not there is written to")
	}
}

// TestAbandoned has a command killed in the middle: what it left goes away when the next writes there. What another is
// at work on stays, and so does what is a person's.
func TestAbandoned(t *testing.T) {
	folder := t.TempDir()
	for _, mine := range []string{".raftkv", ".draft-1", "raftkv-draft-1"} {
		if err := os.Mkdir(filepath.Join(folder, mine), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	killed, err := NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	atWork, err := NewFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	if all := names(t, folder); len(all) != 5 {
		t.Errorf("two are at work, and there are %q", all)
	}
	// as the system does for it
	if err := errors.Join(os.WriteFile(filepath.Join(killed.Path(), "half"), []byte("ha"), 0o600),
		killed.lock.Close()); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(folder, "file"), writing("x", nil)); err != nil {
		t.Fatal(err)
	}
	want := []string{".draft-1", ".raftkv", filepath.Base(atWork.Path()), "file", "raftkv-draft-1"}
	slices.Sort(want)
	if all := names(t, folder); !slices.Equal(all, want) {
		t.Errorf("the folder holds %q, want %q", all, want)
	}
	atWork.Remove()
}

// People do not know of drafts.
func TestErrorsNameTheFile(t *testing.T) {
	folder := t.TempDir()
	f, err := Create(filepath.Join(folder, "draft"), "shown")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("x")); err == nil || err.Error() != "write shown: file already closed" {
		t.Errorf("error %v", err)
	}
}
