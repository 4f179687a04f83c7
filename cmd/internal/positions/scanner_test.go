package positions

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/golden"
)

// places lists where all values of a tree stand, by what stands there.
func places(text string, path string, p *Place, b *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(p.names)) {
		c := p.names[name]
		fmt.Fprintf(b, "%s%q: %s = %q\n", path, name, text[c.Key.Start:c.Key.End], text[c.Value.Start:c.Value.End])
		places(text, path+name+" ", c, b)
	}
	for i, c := range p.items {
		fmt.Fprintf(b, "%s%d: %q\n", path, i, text[c.Value.Start:c.Value.End])
		places(text, fmt.Sprint(path, i, " "), c, b)
	}
}

// document has its keys and values in all the forms that there are.
const document = `# [comment] = "x"
a."b.c" . 'd' = 1 # why
"q\"u" = "x # \" ] y" # no
empty = ""
multi = """
one "two" ""three \""" four
# not a comment
end"""""
raw = '''it's ''raw'' '''''
raw2 = 'c:\'
list = [ # first
  1, [ 2 , "a]b" ] , # second
  { x = [3], y . z = 4 } ,
]
when = 2000-01-01 00:00:00Z # a date
inline = {p=1, q = { r = "}" }}
[ t . "u" ] # table
k = 1
[[arr]]
n = 1
[arr.sub]
m = 2
[[arr]]
n = 3
[[arr.deep]]
o = 4
`

func TestScannerKnowsToml(t *testing.T) {
	if _, _, err := Decode(&Source{Text: document}); err != nil {
		t.Fatal(err.Message)
	}
	var got strings.Builder
	at, again := scan(document)
	if again != nil {
		t.Fatalf("%q is said to be defined again", again.now.name)
	}
	places(document, "", at, &got)
	golden.Compare(t, "testdata/places.golden", got.String())
}

// disagreement says where the scanner and the library read different things out of a text; nothing when they agree.
func disagreement(path string, v any, p *Place) string {
	switch v := v.(type) {
	case map[string]any:
		if diff := cmp.Diff(slices.Sorted(maps.Keys(v)), slices.Sorted(maps.Keys(p.names))); diff != "" &&
			len(v)+len(p.names) > 0 {
			return fmt.Sprintf("keys of %q (-library +scanner):\n%s", path, diff)
		}
		for key, v := range v {
			if wrong := disagreement(path+"."+key, v, p.names[key]); wrong != "" {
				return wrong
			}
		}
	case []map[string]any:
		if len(v) != len(p.items) {
			return fmt.Sprintf("%q has %d tables, the scanner found %d", path, len(v), len(p.items))
		}
		for i := range v {
			if wrong := disagreement(fmt.Sprint(path, ".", i), v[i], p.items[i]); wrong != "" {
				return wrong
			}
		}
	case []any:
		if len(v) != len(p.items) {
			return fmt.Sprintf("%q has %d items, the scanner found %d", path, len(v), len(p.items))
		}
		for i := range v {
			if wrong := disagreement(fmt.Sprint(path, ".", i), v[i], p.items[i]); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

// TestWhatTomlLetsBeAdded reads tables that are put together in all the ways that TOML has; the syntax errors have the
// others.
func TestWhatTomlLetsBeAdded(t *testing.T) {
	for _, text := range []string{
		"[fruit]\napple.color = 1\napple.taste.sweet = true\n[fruit.apple.texture]\nsmooth = true\n",
		"a.b = 1\na.c = 2\n",
		"[a.b]\nc = 1\n[a]\nd = 2\n",
		"[[a]]\nb.c = 1\n[[a]]\nb.c = 2\n[a.d]\nx = 1\n",
		"[a]\nx = {y.z = 1, y.w = 2}\n",
		"'a'.\"b\" = 1\na.c = 2\r\n",
	} {
		if _, _, wrong := Decode(&Source{Text: text}); wrong != nil {
			t.Errorf("%s: %s", text, wrong.Message)
		}
	}
}

func TestTooDeep(t *testing.T) {
	for _, c := range []struct {
		text string
		deep bool
	}{
		{"a = " + strings.Repeat("[", 32) + strings.Repeat("]", 32), false},
		{"a = " + strings.Repeat("[", 33) + strings.Repeat("]", 33), true},
		{"a = " + strings.Repeat("{a=", 33), true},
		{"a = '" + strings.Repeat("[", 33) + "' #" + strings.Repeat("[", 33), false},
		{strings.Repeat("a.", 33) + "a = 1", true},
		{"a = [" + strings.Repeat("0.5,", 99) + "]", false},
		{strings.Repeat("[a]\nb.c = 0.5\n", 99), false},
	} {
		if _, deep := tooDeep(c.text); deep != c.deep {
			t.Errorf("%.50s: too deep is %t", c.text, deep)
		}
	}
}

// FuzzDecode reads any text: the scanner sees what the library sees.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("../config/testdata/wrong/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(document)
	f.Fuzz(func(t *testing.T, text string) {
		if values, at, wrong := Decode(&Source{Text: text}); wrong == nil {
			if wrong := disagreement("", values, at); wrong != "" {
				t.Error(wrong)
			}
		}
	})
}
