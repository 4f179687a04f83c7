//go:build jaeger

package servers_test

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/read"
)

// What a real Jaeger answers, trace by trace or to searches, is a file that check and diff take for the run's own.
func TestJaegerServerAnswers(t *testing.T) {
	tools := buildCommands(t)
	page, otlpHTTP := startJaeger(t)
	for _, c := range serverRuns {
		t.Run(c.name, func(t *testing.T) {
			compareAnswers(t, tools, page, tools.push(t, otlpHTTP, c.compression, c.flags...))
		})
	}
	if *recordServers {
		own := tools.push(t, otlpHTTP, "none", recordedRun...)
		recordServer(t, own, map[string][]byte{
			"jaeger-v2.json": byIDs(t, page, own),
			"jaeger-v3.json": eachTrace(t, page+"/api/v3/traces/", own),
		})
	}
}

// compareAnswers compares all the ways to get a run back with the run's own file.
func compareAnswers(t *testing.T, tools commands, page, own string) {
	t.Helper()
	for name, answer := range map[string][]byte{
		"v2.json":     eachTrace(t, page+"/api/traces/", own),
		"v3.json":     eachTrace(t, page+"/api/v3/traces/", own),
		"v2-ids.json": byIDs(t, page, own),
	} {
		tools.isTheRun(t, keepFile(t, name, answer), own)
	}
}

// eachTrace asks for one trace of a run after the other.
func eachTrace(t *testing.T, address, own string) (all []byte) {
	t.Helper()
	for _, id := range traceIDs(t, own) {
		all = append(append(all, body(t, address+id)...), '\n')
	}
	return all
}

// byIDs asks for all traces of a run at once.
func byIDs(t *testing.T, page, own string) []byte {
	t.Helper()
	return body(t, page+"/api/traces?"+url.Values{"traceID": traceIDs(t, own)}.Encode())
}

func traceIDs(t *testing.T, own string) (ids []string) {
	t.Helper()
	spans, err := read.ReadAll(own)
	if err != nil {
		t.Fatal(err)
	}
	for i := range spans {
		ids = append(ids, spans[i].TraceID().String())
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// The commands of the README get a whole run back, one that is alone in its Jaeger and one that is not.
func TestJaegerServerAsTheReadmeSays(t *testing.T) {
	tools := buildCommands(t)
	page, otlpHTTP := startJaeger(t)
	fetch, choose := readmeCommands(t)
	folder := t.TempDir()
	shell := func(script string) {
		t.Helper()
		command := exec.Command("bash", "-euo", "pipefail", "-c", script)
		command.Dir = folder
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, said, script)
		}
	}
	fetch = strings.ReplaceAll(fetch, string(export.DefaultJaeger), page)
	back, chosen := filepath.Join(folder, "back.json"), filepath.Join(folder, "one.json")

	first := tools.push(t, otlpHTTP, "none")
	shell(fetch)
	tools.isTheRun(t, back, first)
	tools.isTheRun(t, keepFile(t, "v3-search.json", searchV3(t, page, first)), first)

	second := tools.push(t, otlpHTTP, "none", "-seed", "2")
	shell(fetch)
	if said, status := tools.said(t, "diff", second, back); status != 2 ||
		!strings.Contains(said, "two runs in one file") {
		t.Errorf("diff with the answers about two runs: exit status %d\n%s", status, said)
	}
	for _, own := range []string{first, second} {
		shell(strings.Replace(choose, "RUN", traceIDs(t, own)[0][:16], 1))
		tools.isTheRun(t, chosen, own)
	}
}

// searchV3 is for API v3 what the README does for v2.
func searchV3(t *testing.T, page, own string) (all []byte) {
	t.Helper()
	spans, err := read.ReadAll(own)
	if err != nil {
		t.Fatal(err)
	}
	searched := map[string]bool{}
	for i := range spans {
		if service := spans[i].Service; !searched[service] {
			searched[service] = true
			query := url.Values{
				"query.service_name": {service}, "query.start_time_min": {"2000-01-01T00:00:00Z"},
				"query.start_time_max": {"2001-01-01T00:00:00Z"}, "query.num_traces": {"100000"},
			}
			all = append(all, body(t, page+"/api/v3/traces?"+query.Encode())...)
		}
	}
	return all
}

// readmeCommands are those with which the README gets a run back, and chooses one of several.
func readmeCommands(t *testing.T) (fetch, choose string) {
	t.Helper()
	readme, err := os.ReadFile("../../cmd/export/README.md")
	if err != nil {
		t.Fatal(err)
	}
	const begins = "jaeger=" + string(export.DefaultJaeger)
	for block := range bytes.SplitSeq(readme, []byte("```")) {
		_, script, found := strings.Cut(string(block), begins)
		if !found {
			continue
		}
		fetch, rest, ended := strings.Cut(begins+script, "> back.json")
		for line := range strings.Lines(rest) {
			if strings.HasPrefix(line, "jq ") && ended {
				return fetch + "> back.json", line
			}
		}
	}
	t.Fatal("the README does not say how to get a run back out of a Jaeger")
	return "", ""
}
