package run

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// linksOf pushes a run, and returns the links that are printed, the run's files, and its spans.
func linksOf(t *testing.T, args ...string) (links []link, files map[string]string, all []traces.Span) {
	t.Helper()
	var r receiver
	endpoint := serve(t, &r)
	files, c := runFolder(t, append(slices.Clone(args), "-json", "-otlp", endpoint)...)
	var got report
	if err := json.Unmarshal([]byte(c.stdout), &got); err != nil {
		t.Fatalf("%v: %s\n%s", err, c, c.stdout)
	}
	if len(got.Jaeger) == 0 {
		t.Fatalf("no links: %s\n%s", c, c.stdout)
	}
	return got.Jaeger, files, spansIn(t, files)
}

// linkRuns are runs with and without errors, and with few and many elections.
var linkRuns = []string{
	"default", "leader-crash", "figure-8", "split-vote", "-faults mixed -seed 7",
	"-faults mixed -seed 232", "-set start_time=2000-01-01T00:00:59.99Z default",
}

// TestLinksOfSearches wants the searches to have all of the run's traces between them, each that many, and the whole
// run in their range, which begins and ends at whole minutes.
func TestLinksOfSearches(t *testing.T) {
	for _, args := range linkRuns {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			links, _, all := linksOf(t, strings.Fields(args)...)
			of, names := map[string]map[trace.TraceID]bool{}, map[string]bool{}
			every := map[trace.TraceID]bool{}
			for _, s := range all {
				if of[s.Service] == nil {
					of[s.Service] = map[trace.TraceID]bool{}
				}
				of[s.Service][s.TraceID()], every[s.TraceID()] = true, true
				for _, a := range s.Resource {
					if a.Key == record.RunNameKey {
						names[a.Value.AsString()] = true
					}
				}
			}
			found := map[trace.TraceID]bool{}
			for _, l := range links {
				q, is := searchOf(t, l.Link)
				if !is {
					continue
				}
				service := q.Get("service")
				if !strings.HasPrefix(l.Shows, fmt.Sprint(len(of[service]), " ")) || !strings.Contains(l.Shows, " with "+service) {
					t.Errorf("%q: %s has a part in %d traces", l.Shows, service, len(of[service]))
				}
				for id := range of[service] {
					found[id] = true
				}
				for name := range names {
					if want := fmt.Sprintf(`{"raftkv.run.name":%q}`, name); len(names) != 1 || q.Get("tags") != want {
						t.Errorf("the search is for %s, want %s", q.Get("tags"), want)
					}
				}
				inRange(t, q, all)
			}
			if len(found) != len(every) {
				t.Errorf("the searches find %d of %d traces: %v", len(found), len(every), links)
			}
		})
	}
}

// searchOf are the parameters of a link, if it is a search.
func searchOf(t *testing.T, address string) (url.Values, bool) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query(), u.Path == "/search"
}

// inRange wants every span to begin in the range of a search, and the range to be of whole minutes.
func inRange(t *testing.T, q url.Values, all []traces.Span) {
	t.Helper()
	var ends [2]time.Time
	for i, key := range []string{"start", "end"} {
		var micros int64
		if _, err := fmt.Sscan(q.Get(key), &micros); err != nil {
			t.Fatal(err)
		}
		if ends[i] = time.UnixMicro(micros); ends[i].Truncate(time.Minute) != ends[i] {
			t.Errorf("the %s of the search is at no whole minute: %v", key, ends[i])
		}
	}
	for _, s := range all {
		if s.Start.Before(ends[0]) || s.End.After(ends[1]) {
			t.Fatalf("%s is not in the range from %v to %v: from %v to %v", s.ID, ends[0], ends[1], s.Start, s.End)
		}
	}
}

// TestLinksOfElections wants every election to have a link, in their order, and where they are many, the first of them
// and how many more there are.
func TestLinksOfElections(t *testing.T) {
	for _, args := range linkRuns {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			links, _, all := linksOf(t, strings.Fields(args)...)
			all = slices.DeleteFunc(all, func(s traces.Span) bool { return s.Name != spans.ElectionName })
			slices.SortStableFunc(all, func(a, b traces.Span) int { return a.Start.Compare(b.Start) })
			var want, got []string
			for i, s := range all {
				if i == mostElections {
					want = append(want, fmt.Sprintf("%d more: search for raft.election ", len(all)-i))
					break
				}
				won := s.Attribute(spans.RaftOutcomeKey).AsString() == spans.OutcomeWon
				want = append(want, fmt.Sprintf("election of term %d: %s won %v /trace/%s",
					s.Attribute(spans.RaftTermKey).AsInt64(), s.Service, won, s.TraceID()))
			}
			for _, l := range links {
				switch who, outcome, _ := strings.Cut(strings.TrimPrefix(l.Shows, "election of "), ": "); {
				case strings.HasPrefix(l.Shows, "election of "):
					node, outcome, _ := strings.Cut(outcome, " ")
					got = append(got, fmt.Sprintf("election of %s: %s won %v %s", who, node, outcome == "won",
						l.Link[strings.Index(l.Link, "/trace/"):]))
				case strings.HasSuffix(l.Shows, "raft.election"):
					got = append(got, l.Shows+" "+l.Link)
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// linkTo is the link that shows something.
func linkTo(links []link, shows string) (l link, ok bool) {
	i := slices.IndexFunc(links, func(l link) bool { return strings.HasPrefix(l.Shows, shows) })
	if i < 0 {
		return link{}, false
	}
	return links[i], true
}

// TestLinkOfTheFirstError wants it to lead to the first operation in which something failed, and to that.
func TestLinkOfTheFirstError(t *testing.T) {
	for args, want := range map[string]string{"default": "", "leader-crash": "client-1/2", "lost-reply": "client-1/1"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			links, _, all := linksOf(t, args)
			l, is := linkTo(links, "the first error")
			if is != (want != "") {
				t.Fatalf("is there a link: %v, want %v", is, want != "")
			}
			if !is {
				return
			}
			for _, s := range all {
				if strings.HasSuffix(l.Link, fmt.Sprintf("/trace/%s?uiFind=%s", s.TraceID(), s.ID)) {
					if s.Status.Code != codes.Error || l.Shows != "the first error, in "+want {
						t.Errorf("%q leads to %s, with the status %v", l.Shows, s.Name, s.Status)
					}
					return
				}
			}
			t.Errorf("%q leads nowhere: %s", l.Shows, l.Link)
		})
	}
}

// TestLinkOfWhatToWatch wants it to lead to the span that tells the line which the scenario says one should look for.
func TestLinkOfWhatToWatch(t *testing.T) {
	for _, scenario := range []string{"default", "leader-crash", "figure-8", "clock-jump", "lost-reply"} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			found, err := library.Find(scenario)
			if err != nil {
				t.Fatal(err)
			}
			links, files, all := linksOf(t, scenario)
			l, is := linkTo(links, "what to watch")
			if !is {
				t.Fatalf("there is no such link: %v", links)
			}
			line := regexp.MustCompile(`(?m)^.*` + regexp.QuoteMeta(sentenceOf(t, resolved(t, found).Config)) +
				`.*$`).FindString(files[storyFile])
			for _, s := range all {
				if strings.HasSuffix(l.Link, fmt.Sprintf("/trace/%s?uiFind=%s", s.TraceID(), s.ID)) {
					if !strings.Contains(line, s.ID.String()) {
						t.Errorf("%s leads to %s, and the line is\n%s", l.Link, s.ID, line)
					}
					return
				}
			}
			t.Errorf("it leads nowhere: %s", l.Link)
		})
	}
}

// TestLinkOfTheComparison wants a run and its counterfactual, whichever is pushed when both are there, to have a link
// to what differs first: the operation whose message is lost.
func TestLinkOfTheComparison(t *testing.T) {
	t.Parallel()
	var r receiver
	endpoint := serve(t, &r)
	out := t.TempDir()
	lost := someMessages(t)[trace.SpanKindProducer]
	for _, c := range []struct{ args, shows string }{
		{"", ""},
		{"-drop " + lost, "differs first from default-1"},
		{"", "differs first from default-1-"},
		{"-seed 2", ""},
	} {
		call := here(t, append(strings.Fields(c.args), "-json", "-otlp", endpoint, "-out", out)...).wants(t, statusFine)
		var got report
		if err := json.Unmarshal([]byte(call.stdout), &got); err != nil {
			t.Fatal(err)
		}
		l, is := linkTo(got.Jaeger, "differs first from ")
		if is != (c.shows != "") || !strings.HasPrefix(l.Shows, c.shows) {
			t.Errorf("%q, want %q: %s", l.Shows, c.shows, call)
		}
		if is {
			compares(t, out, l, lost)
		}
	}
	summary := summaryOf(t, here(t, "-quiet=false", "-otlp", endpoint, "-out", out).wants(t, statusFine))
	if diff := summary["diff"]; !strings.HasPrefix(diff,
		"go run ./cmd/diff "+filepath.Join(out, "default-1")+" "+filepath.Join(out, "default-1-")) {
		t.Errorf("beside the link stands %q", diff)
	}
}

// compares wants a link to compare the traces, of the run and its counterfactual, that a message is in.
func compares(t *testing.T, out string, l link, message string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(out, "default-1*"))
	if err != nil || len(folders) != 2 {
		t.Fatalf("the runs are %v, %v", folders, err)
	}
	var ids []string
	for _, folder := range folders {
		all, err := read.ReadAll(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.ID.String() == message {
				ids = append(ids, s.TraceID().String())
			}
		}
	}
	if want := "/trace/" + strings.Join(ids, "..."); !strings.HasSuffix(l.Link, want) {
		t.Errorf("%s leads to %s, want %s", l.Shows, l.Link, want)
	}
}

// TestLinksAreAligned wants the links below each other, each behind what it shows.
func TestLinksAreAligned(t *testing.T) {
	t.Parallel()
	var r receiver
	endpoint := serve(t, &r)
	for _, args := range []string{"leader-crash", "-faults mixed -seed 232", "-bug local-read two-leaders"} {
		c := here(t, append(strings.Fields(args), "-otlp", endpoint, "-out", t.TempDir())...)
		column, rows := -1, 0
		for line := range strings.Lines(c.stdout) {
			if at := strings.Index(line, "http://127.0.0.1:16686/"); at >= 0 {
				if column < 0 {
					column = at
				}
				if rows++; at != column || !strings.HasSuffix(line[:at], "  ") ||
					strings.Contains(strings.TrimSpace(line[at:]), " ") {
					t.Errorf("the link is not in column %d: %s\n%s", column, c, line)
				}
			}
		}
		if rows < 8 {
			t.Errorf("there are %d links: %s\n%s", rows, c, c.stdout)
		}
	}
}
