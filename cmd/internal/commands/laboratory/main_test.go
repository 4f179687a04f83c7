package laboratory

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/library"
)

// call calls the command, and wants a status.
func call(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	if got := Main(t.Context(), args, &out, &wrong); got != status {
		t.Fatalf("%q: exit status %d, want %d\n%s", args, got, status, &wrong)
	}
	return out.String(), wrong.String()
}

// TestOffer offers all scenarios, each with its text and what it is about.
func TestOffer(t *testing.T) {
	out, _ := call(t, command.Fine, "offer")
	var o offer
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Scenarios) != len(library.BuiltIn()) || len(o.Protocols) != 2 || o.Protocols[0].Name != "raft" {
		t.Fatalf("%d scenarios and the protocols %v are offered, want %d, of raft and another", len(o.Scenarios), o.Protocols,
			len(library.BuiltIn()))
	}
	for i, s := range library.BuiltIn() {
		got := o.Scenarios[i]
		if got.Name != s.Name || got.TOML != string(s.Text) || got.Title == "" || got.What == "" || got.Watch == "" {
			t.Errorf("%s is offered as %+v", s.Name, got)
		}
	}
}

// TestCheck says what is wrong with a config, and where.
func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"seed = 7\n": "[]\n",
		"sed = 7\n":  `[{"line":1,"column":1,"width":3,"message":"unknown key \"sed\"; the nearest is \"seed\""}]` + "\n",
		"seed = \n":  `[{"line":1,"column":8,"width":1,"message":"expected value but found '\\n' instead"}]` + "\n",
	} {
		file := filepath.Join(t.TempDir(), "mine.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := call(t, command.Fine, "check", file)
		if out != want {
			t.Errorf("of %q it says\n%swant\n%s", text, out, want)
		}
	}
}

// TestUsage wants to know what to do.
func TestUsage(t *testing.T) {
	if _, said := call(t, command.Trouble, "chek"); said != "error: laboratory wants: offer, or check FILE\n" {
		t.Errorf("it says %q", said)
	}
	if _, said := call(t, command.Trouble, "check", "none.toml"); said == "" {
		t.Error("it says nothing of a file that is not there")
	}
}
