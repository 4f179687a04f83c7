package raftkv_test

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// readmes are all pages that a newcomer reads, each with how many outputs of commands it quotes: a test that found
// fewer would prove nothing of the others.
var readmes = map[string]int{
	"README.md": 3, "cmd/run/README.md": 1, "cmd/diff/README.md": 2, "cmd/explain/README.md": 2, "cmd/check/README.md": 1,
	"cmd/sweep/README.md": 1, "cmd/export/README.md": 0, "cmd/view/README.md": 1, "raftkv/raft/README.md": 0,
	"raftkv/multipaxos/README.md": 0,
}

// TestReadme carries out what each README.md shows, in its order and in one folder: a command that is quoted says what
// the quotation says, and every other one works, or exits with the status that its comment has. What needs minutes, or
// a program that is not the project's, is left out.
func TestReadme(t *testing.T) {
	built := build(t)
	for file, quotes := range readmes {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			readme := readReadme(t, file)
			s := newShell(t, file, built)
			for _, fence := range fences(readme) {
				switch {
				case fence.language == "sh":
					s.block(fence.text)
				case fence.command != "" && fence.whole:
					if diff := cmp.Diff(s.said(fence.command), fence.text); diff != "" {
						t.Errorf("%s does not say what %s says (-command +README):\n%s", file, fence.command, diff)
					}
				case fence.command != "":
					inOrder(t, fence.command, s.said(fence.command), fence.text)
				}
			}
			if s.quoted != quotes {
				t.Errorf("%s quotes %d commands, want %d: the test finds no more, or there are others", file, s.quoted, quotes)
			}
			if file == "README.md" {
				picture(t, readme, filepath.Join(s.folder, "traces", "runs", "default-1"))
			}
		})
	}
}

// TestReadmesAreAll finds a README.md that no test holds to what it says.
func TestReadmesAreAll(t *testing.T) {
	for _, pattern := range []string{
		"*/README.md", "cmd/*/README.md", "raftkv/*/README.md", "raftkv/*/*/README.md", "traces/*/README.md",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := filepath.ToSlash(file)
			_, tested := readmes[name]
			if name == "spec/README.md" { // which spec/guide_test.go carries out
				continue
			}
			if !tested && path.Base(filepath.Dir(file)) != "testdata" {
				t.Errorf("%s is not among those that TestReadme carries out", file)
			}
		}
	}
	if lines := strings.Count(readReadme(t, "README.md"), "\n"); lines > 150 {
		t.Errorf("README.md has %d lines: what is more than 150 belongs into the README.md of a room", lines)
	}
}

// TestUsage carries out the examples in the -h of each command.
func TestUsage(t *testing.T) {
	built := build(t)
	for _, command := range commandsOf(t) {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			newShell(t, command+" -h", built).usage(command)
		})
	}
}

func readReadme(t *testing.T, file string) string {
	t.Helper()
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	readme = bytes.ReplaceAll(readme, []byte("\r\n"), []byte("\n")) // as a clone may have it
	return string(readme)
}

// fence is a block of code, and of what command it is the output: of all or of some lines of it.
type fence struct {
	language, text string
	command        string
	whole          bool
}

func fences(readme string) (all []fence) {
	quotes := regexp.MustCompile("(?m)^`(go run [^`]*)` says(:|, among other lines:)\n\n\\z")
	for {
		before, after, opened := strings.Cut(readme, "```")
		language, after, _ := strings.Cut(after, "\n")
		text, rest, closed := strings.Cut(after, "```\n")
		if !opened || !closed {
			return all
		}
		f := fence{language: language, text: text}
		if says := quotes.FindStringSubmatch(before); says != nil {
			f.command, f.whole = says[1], says[2] == ":"
		}
		all, readme = append(all, f), rest
	}
}

// inOrder looks for lines in what a command says.
func inOrder(t *testing.T, command, said, lines string) {
	t.Helper()
	for line := range strings.Lines(lines) {
		_, following, told := strings.Cut(said, line)
		if !told {
			t.Errorf("a README.md quotes a line that %s does not tell, or not here:\n%s", command, line)
			return
		}
		said = following
	}
}

// picture holds the tree of spans that README.md draws against a run: it has an operation with all of them.
func picture(t *testing.T, readme, run string) {
	t.Helper()
	all, err := read.ReadAll(filepath.Join(run, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	below := map[world.CausalID][]*traces.Span{}
	for i := range all {
		below[all[i].Parent] = append(below[all[i].Parent], &all[i])
	}
	drawn := regexp.MustCompile(`(?m)^([ │├└]*)(\w+-\d+)  (\S+)`).
		FindAllStringSubmatch(strings.Split(readme, "\nIts spans")[1], -1)
	if len(drawn) < 5 {
		t.Fatal("README.md draws no spans")
	}
	// at are the spans that the last line of each depth may be of: all that are of its process and name, below those
	// that the line above may be of.
	at := [][]*traces.Span{below[0]}
	for i, line := range drawn {
		depth := utf8.RuneCountInString(line[1]) / 2
		if i > 0 && depth == 0 {
			break // of another picture
		}
		var these []*traces.Span
		for _, span := range at[depth] {
			if span.Service == line[2] && span.Name == line[3] {
				these = append(these, span)
			}
		}
		var children []*traces.Span
		for _, span := range these {
			children = append(children, below[span.ID]...)
		}
		if len(these) == 0 {
			t.Errorf("README.md draws a span that the run does not have there: %s", line[0])
		}
		at = append(at[:depth+1], children)
	}
}

// TestReadmeRooms holds the map in README.md against the rooms there are, and what each README.md says of files and
// functions against those.
func TestReadmeRooms(t *testing.T) {
	readme := readReadme(t, "README.md")
	for _, room := range slices.Concat([]string{"spec", "gen", "traces"}, foldersIn(t, "raftkv"),
		foldersIn(t, "raftkv/raft"), foldersIn(t, "raftkv/multipaxos"), foldersIn(t, "traces"), foldersIn(t, "cmd")) {
		shown := strings.Contains(readme, "("+room+")") || strings.Contains(readme, "go run ./"+room)
		if !slices.Contains([]string{"testdata", "internal", "runs"}, path.Base(room)) && !shown {
			t.Errorf("the map in README.md does not have %s", room)
		}
	}
	for file := range readmes {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(readReadme(t, file), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil && !strings.Contains(link[1], "://") {
				t.Errorf("%s leads to %s: %v", file, link[1], err)
			}
		}
	}
	places := regexp.MustCompile("`(\\w+)` in \\[[^\\]]+\\]\\(([\\w/]+\\.go)\\)").FindAllStringSubmatch(readme, -1)
	if len(places) < 3 {
		t.Errorf("README.md says of %d functions where they are: too few", len(places))
	}
	for _, place := range places {
		if !declares(t, place[2], `func (\(\w+ \*?\w+\) )?`+place[1]+`\(`) {
			t.Errorf("README.md says that %s is in %s", place[1], place[2])
		}
	}
}

func foldersIn(t *testing.T, parent string) (folders []string) {
	t.Helper()
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, path.Join(parent, entry.Name()))
		}
	}
	return folders
}

// declares says whether a file, or a file of a folder, has this.
func declares(t *testing.T, place, pattern string) bool {
	t.Helper()
	files := []string{place}
	if filepath.Ext(place) == "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(place, "*.go")); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(pattern).Match(content) {
			return true
		}
	}
	return false
}

// TestCitation holds CITATION.cff against what version 1.2.0 of its format demands, and against what the project says
// of itself elsewhere. It has no date and no number that a release would have to change.
func TestCitation(t *testing.T) {
	content, err := os.ReadFile("CITATION.cff")
	if err != nil {
		t.Fatal(err)
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")) // as a clone may have it
	var cited struct {
		Version    string `yaml:"cff-version"`
		Type       string
		Message    string
		Title      string
		Abstract   string
		Authors    []struct{ Name string }
		Repository string `yaml:"repository-code"`
		License    string
		Keywords   []string
	}
	if err := yaml.Load(content, &cited, yaml.WithKnownFields()); err != nil {
		t.Fatalf("CITATION.cff:1: %v", err)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	module = bytes.ReplaceAll(module, []byte("\r\n"), []byte("\n")) // as a clone may have it
	readme := readReadme(t, "README.md")
	for what, holds := range map[string]bool{
		"cff-version is 1.2.0":                 cited.Version == "1.2.0",
		"type is software":                     cited.Type == "software",
		"message is given":                     cited.Message != "",
		"title begins with the project's name": strings.HasPrefix(cited.Title, "raftkv: "),
		"an author is given":                   len(cited.Authors) > 0 && cited.Authors[0].Name != "",
		"repository-code is the module's": strings.HasPrefix(string(module),
			"module "+strings.TrimPrefix(cited.Repository, "https://")+"\n"),
		"license is that of README.md": cited.License != "" &&
			strings.Contains(readme, "["+cited.License+"](LICENSE)"),
		"README.md names it": strings.Contains(readme, "[CITATION.cff](CITATION.cff)"),
		"abstract and keywords say what it is about": strings.Contains(cited.Abstract, "Raft") &&
			slices.Contains(cited.Keywords, "Raft"),
	} {
		if !holds {
			t.Errorf("CITATION.cff:1: it does not hold that %s", what)
		}
	}
}
