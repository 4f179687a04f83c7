package view

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/traces/record"
)

// called is what came of the command.
func called(t *testing.T, args ...string) (status int, out, wrong string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = Main(t.Context(), args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// The page lies beside the run, of two beside the second, and is the same each time.
func TestWrites(t *testing.T) {
	a, b := recorded.Run(t, "lost-reply"), recorded.Run(t, "default")
	status, out, wrong := called(t, a)
	file := filepath.Join(a, runs.PageFile)
	if status != command.Fine || wrong != "" || !strings.HasPrefix(out, "wrote "+file+", ") {
		t.Fatalf("exit status %d\n%s%s", status, out, wrong)
	}
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, again, _ := called(t, "-out", "-", a); again != string(first) {
		t.Error("the same run gives another page")
	}
	if status, out, wrong := called(t, a, b); status != command.Fine ||
		!strings.HasPrefix(out, "wrote "+filepath.Join(b, runs.PageFile)+", ") {
		t.Errorf("of two: exit status %d\n%s%s", status, out, wrong)
	}
}

// What cannot be done is said, all of it, and nothing is written.
func TestRefuses(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	file := filepath.Join(folder, record.FileName)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "one run can be shown, or two: go run ./cmd/view RUN [RUN]"},
		{[]string{folder, folder, folder}, "one run can be shown, or two"},
		{[]string{folder, folder + "/."}, "are one run: name it once, or another one to see where they part"},
		{[]string{"-from", "2s", "-to", "1s", folder}, "-to 1s is before -from 2s"},
		{[]string{"-from", "x", folder}, `-from wants a time such as 250ms, as a line of the story has it, not "x"`},
		{[]string{"-from", "1ms", folder, file}, "-from and -to show a part of one run"},
		{[]string{"-serve", "-out", "x", folder}, "-serve shows the page at once: it goes with neither -out nor -data"},
		{[]string{"-port", "70000", folder}, `-port wants a number from 1 to 65535, not "70000"`},
		{[]string{"-out", "", folder}, "-out must not be empty"},
		{[]string{"-from", "1h", folder}, "has no span from 1h0m0s on"},
		{[]string{"nothing-like-it"}, "there is no run nothing-like-it"},
		{[]string{"-out", filepath.Join(folder, "none", "x"), folder}, "cannot write "},
	} {
		status, out, wrong := called(t, c.args...)
		if status != command.Trouble || out != "" || !strings.Contains(wrong, c.want) {
			t.Errorf("%q: exit status %d\n%s%swant\n%s", c.args, status, out, wrong, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, runs.PageFile)); err == nil {
		t.Error("a page is written")
	}
}

// A file that is cut off is shown as far as it goes, and the exit status says that this is not all.
func TestCutOff(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	file := filepath.Join(folder, record.FileName)
	all, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, all[:len(all)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, wrong := called(t, folder)
	if status != command.Violation || !strings.Contains(wrong, "the file is cut off within its last line") ||
		!strings.HasPrefix(out, "wrote ") {
		t.Errorf("exit status %d\n%s%s", status, out, wrong)
	}
}

// The page is served to this machine alone, under its own name and its own policy, until somebody has enough.
func TestServes(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	var wrong bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Main(ctx, []string{"-serve", folder}, writer, &wrong)
		_ = writer.Close()
	}()
	said := make([]byte, 200)
	n, err := reader.Read(said)
	if err != nil {
		t.Fatalf("nothing is said: %v %s", err, &wrong)
	}
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(string(said[:n]))
	get := func(method, path, host string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), method, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			request.Host = host
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	answer := get(http.MethodGet, "", "")
	served, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if _, page, _ := called(t, "-out", "-", folder); string(served) != page {
		t.Errorf("what is served has %d bytes, and the page %d", len(served), len(page))
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; script-src 'sha256-") {
		t.Errorf("the policy is %q", policy)
	}
	for _, c := range []struct {
		method, path, host string
		want               int
	}{
		{http.MethodGet, "other", "", http.StatusNotFound},
		{http.MethodPost, "", "", http.StatusMethodNotAllowed},
		{http.MethodGet, "", "example.com", http.StatusMisdirectedRequest},
	} {
		answer := get(c.method, c.path, c.host)
		_ = answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s /%s of %q is answered with %d, want %d", c.method, c.path, c.host, answer.StatusCode, c.want)
		}
	}
	_ = answer.Body.Close()
	stop()
	if status := <-ended; status != command.Fine || wrong.Len() > 0 {
		t.Errorf("exit status %d\n%s", status, &wrong)
	}
}

// What a page is said to hold of each span is what it holds.
func TestMemory(t *testing.T) {
	recorded.SaidToTake(t, recorded.Look{Command: "view", Takes: pages.Takes.Span, At: func(path string, now func()) {
		r, err := pages.Read(t.Context(), io.Discard, []string{path}, pages.Part{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		page, err := r.Page(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := page.Runs[0].Write(&first{now: now}); err != nil {
			t.Fatal(err)
		}
	}})
	recorded.InReadme(t, fmt.Sprintf("`view` holds %d bytes", pages.Takes.Span))
}

// first calls now when it is written to for the first time: all columns are there then, and the texts.
type first struct{ now func() }

// Write does so.
func (f *first) Write(p []byte) (int, error) {
	if f.now != nil && len(p) > 0 {
		f.now()
		f.now = nil
	}
	return len(p), nil
}

// Without memory nothing is read, and who interrupts is not kept waiting.
func TestGivesUp(t *testing.T) {
	recorded.GivesUp(t, Main, "show", recorded.Run(t, "lost-reply"))
}
