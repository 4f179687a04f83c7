package emit

import (
	"bytes"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// TestTemplatesWithEitherLineEnding reads the templates as a clone has them whose lines end with CRLF.
func TestTemplatesWithEitherLineEnding(t *testing.T) {
	clone := fstest.MapFS{}
	err := fs.WalkDir(sources, "templates", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sources, name)
		clone[name] = &fstest.MapFile{Data: bytes.ReplaceAll(load.Normal(content), []byte("\n"), []byte("\r\n"))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	names := functions(writer{})
	want, err := read(sources, names)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(clone, names)
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range want.Templates() {
		if other := got.Lookup(template.Name()); other == nil || other.Root.String() != template.Root.String() {
			t.Errorf("the template %s is another when its lines end with CRLF", template.Name())
		}
	}
}
