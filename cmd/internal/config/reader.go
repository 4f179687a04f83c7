package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// Parse reads a file that stands for itself: what it leaves out is as in Default, and a scenario that it does not
// name is named after the file. The error is Diagnostics: all that is wrong, not only the first.
func Parse(file string, text []byte) (*Config, error) {
	r := newReader(fileScenario(file))
	r.document(&positions.Source{Name: file, Text: string(text)})
	r.crossCheck()
	return r.finish()
}

// fileScenario is the name of the scenario in a file that does not say it.
func fileScenario(file string) string {
	s := cleanScenario(strings.TrimSuffix(filepath.Base(file), ".toml"))
	if len(s) > longestScenario {
		s = strings.ToValidUTF8(s[:longestScenario], "")
	}
	return s
}

// reader puts a config together from its sources, one after the other, and collects what is wrong with them.
type reader struct {
	config           *Config
	given            map[string]positions.Origin // where each key got its value, by the last source that gives it
	wrong            map[string]bool             // keys that got none that could be taken over
	placedFaults     []placed[Fault]
	placedExpects    []placed[Expect]
	placedLinks      []placed[Link]
	placedOperations []placed[Operation]
	now              time.Time
	source           *positions.Source // that is being read
	named            []named           // by the row that is being read
	adding           bool              // whether its faults and links come besides those that were given before
	problems         []positions.Problem
}

func newReader(scenario string) *reader {
	r := &reader{config: Default(), given: make(map[string]positions.Origin), wrong: make(map[string]bool)}
	r.now = r.config.StartTime
	r.config.Scenario = scenario
	return r
}

func (r *reader) origin(at positions.Span) positions.Origin {
	return positions.Origin{Source: r.source, Span: at}
}

// complain says what is wrong at a place of the source that is being read.
func (r *reader) complain(at positions.Span, format string, args ...any) {
	r.complainAt(r.origin(at), format, args...)
}

func (r *reader) complainAt(at positions.Origin, format string, args ...any) {
	r.problems = append(r.problems, positions.Problem{Origin: at, Message: fmt.Sprintf(format, args...)})
}

// document reads one source.
func (r *reader) document(src *positions.Source) {
	r.source = src
	values, at, err := positions.Decode(src)
	if err != nil {
		r.problems = append(r.problems, *err)
		return
	}
	r.table("", values, at)
}

// table reads the keys of a table, "" being the top level.
func (r *reader) table(name string, values map[string]any, at *positions.Place) {
	for _, leaf := range slices.Sorted(maps.Keys(values)) {
		key, v, p := leaf, values[leaf], at.Child(leaf)
		if name != "" {
			key = name + "." + leaf
		}
		s, known := settingOf(key)
		switch {
		case strings.Contains(leaf, "."):
			r.complain(p.Key, "unknown key %q: within quotes a dot does not part a table from its key", positions.Short(leaf))
		case known:
			r.setting(s, v, p)
		case key == faultTable:
			r.faults(v, p)
		case key == expectTable:
			r.expects(v, p)
		case key == linkTable:
			r.links(v, p)
		case key == operationTable:
			r.operations(v, p)
		case name == "" && isSection(key):
			section, ok := v.(map[string]any)
			if !ok {
				r.complain(p.Value, "%s must be a table, [%s], not %s", key, key, positions.Describe(v))
				continue
			}
			r.table(key, section, p)
		default:
			r.complain(p.Key, "unknown key %q%s", positions.Short(key), advice(name, leaf, nearestKey(key)))
		}
	}
}

// setting reads the value of one key.
func (r *reader) setting(s key[Config], v any, p *positions.Place) {
	before := len(r.problems)
	s.read(r.config, given{r, s.name, v, p})
	r.given[s.name] = r.origin(p.Value)
	r.wrong[s.name] = len(r.problems) > before
}

// finish is the config, or all that is wrong.
func (r *reader) finish() (*Config, error) {
	if len(r.problems) > 0 {
		return nil, positions.Sorted(r.problems)
	}
	return r.snapshot(), nil
}

// snapshot is the config as far as it was read, right or wrong.
func (r *reader) snapshot() *Config {
	slices.SortFunc(r.placedFaults, func(f, g placed[Fault]) int { return compareFaults(f.row, g.row) })
	slices.SortFunc(r.placedLinks, compareLinks)
	slices.SortStableFunc(r.placedOperations, compareOperations)
	c := *r.config
	c.Links, c.Operations = rows(r.placedLinks), rows(r.placedOperations)
	c.Faults, c.Expects = rows(r.placedFaults), rows(r.placedExpects)
	return c.Clone()
}
