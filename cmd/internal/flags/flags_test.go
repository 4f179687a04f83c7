package flags

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/words"
)

// TestHiddenCharacters gives arguments with characters that are not seen, wherever an argument stands: they are
// refused, and none of them is in what is said of it.
func TestHiddenCharacters(t *testing.T) {
	type options struct{ name string }
	groups := []Group[options]{{Flags: []Flag[options]{{
		Name: "name", Takes: "NAME",
		Set: func(o *options, v string) []error { o.name = v; return nil },
	}}}}
	for _, name := range []string{"a\x1b[31mb", "a\nerror: forged", "a\u202eb", "a\u2066b", "a\xffb", "a\u200bb", "a\rb"} {
		for _, args := range [][]string{
			{name},
			{"-name", name},
			{"-name=" + name},
			{"-" + name},
			{"--", name},
			{"x", name + ".toml"},
		} {
			var o options
			_, err := Parse(args, &o, groups, func(string) bool { return false })
			if err == nil || !strings.Contains(err.Error(), "holds a character that is not seen") {
				t.Errorf("%q: error %v", args, err)
				continue
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if words.Printable(line) != line || strings.HasPrefix(line, "error: forged") {
					t.Errorf("%q: it is said %q", args, line)
				}
			}
		}
	}
	var o options
	if got, err := Parse([]string{"-name", "größe 1", "ファイル.toml"}, &o, groups,
		func(string) bool { return false }); err != nil || o.name != "größe 1" || len(got) != 1 {
		t.Errorf("what can be shown is refused: %q, %v", got, err)
	}
}
