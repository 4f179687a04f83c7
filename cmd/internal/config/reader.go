package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// Parse reads a file that stands for itself: what it leaves out is as in Default, and a scenario that it does not
// name is named after the file. The error is Diagnostics: all that is wrong, not only the first.
func Parse(file string, text []byte) (*Config, error) {
	src := &positions.Source{Name: file, Text: string(text)}
	r := newReader(fileScenario(file), unnamed())
	r.choose(src)
	r.document(src)
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
	keys.Reader
	schema           *schema
	config           *Config
	given            map[string]positions.Origin // where each key got its value, by the last source that gives it
	wrong            map[string]bool             // keys that got none that could be taken over
	placedFaults     []placedFault
	placedExpects    []keys.Row[Expect]
	placedLinks      []keys.Row[Link]
	placedOperations []keys.Row[Operation]
	adding           bool // whether its faults and links come besides those that were given before
}

func newReader(scenario string, t *schema) *reader {
	r := &reader{
		schema: t, config: t.defaults(), given: make(map[string]positions.Origin), wrong: make(map[string]bool),
	}
	r.Now = r.config.StartTime
	r.config.Scenario = scenario
	return r
}

// choose has sources choose the protocol, before any of them is read: the last that says it does.
func (r *reader) choose(sources ...*positions.Source) {
	c := chosen(sources...)
	*r = *newReader(r.config.Scenario, schemaOf(c.protocol))
	if c.origin.Source != nil {
		r.given[protocolKey] = c.origin
	}
}

// document reads one source.
func (r *reader) document(src *positions.Source) {
	r.Source = src
	values, at, err := positions.Decode(src)
	if err != nil {
		r.Problems = append(r.Problems, *err)
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
		s, known := r.schema.settingOf(key)
		switch {
		case strings.Contains(leaf, "."):
			r.Complain(p.Key, "unknown key %q: within quotes a dot does not part a table from its key",
				positions.Short(leaf))
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
		case name == "" && r.schema.isSection(key):
			section, ok := v.(map[string]any)
			if !ok {
				r.Complain(p.Value, "%s must be a table, [%s], not %s", key, key, positions.Describe(v))
				continue
			}
			r.table(key, section, p)
		case name == "" && r.schema.foreign(key, "") != "":
			r.Complain(p.Key, "%s", r.schema.foreign(key, r.says(protocolKey)))
		default:
			r.Complain(p.Key, "unknown key %q%s", positions.Short(key),
				r.schema.advice(name, leaf, r.schema.nearestKey(key)))
		}
	}
}

// unknownKeys complains about the keys of a row that its table does not have.
func (r *reader) unknownKeys(array string, names []string, values map[string]any, at *positions.Place) {
	for name := range values {
		if !slices.Contains(names, name) {
			r.Complain(at.Child(name).Key, "unknown key %q%s", array+"."+positions.Short(name),
				r.schema.advice(array, name, array+"."+nearest.Name(name, names)))
		}
	}
}

// readRow reads a row whose keys are all of its table's, and says whether all that it gives is right.
func readRow[T any](
	r *reader, array string, all []keys.Key[T], values map[string]any, at *positions.Place,
) (row keys.Row[T], right bool) {
	before := len(r.Problems)
	r.unknownKeys(array, keys.Mapped(all, func(k keys.Key[T]) string { return k.Name }), values, at)
	row = keys.ReadRow(&r.Reader, all, values, at)
	return row, len(r.Problems) == before
}

// setting reads the value of one key.
func (r *reader) setting(s keys.Key[Config], v any, p *positions.Place) {
	before := len(r.Problems)
	s.Read(r.config, keys.Given{Reader: &r.Reader, Key: s.Name, Value: v, Place: p})
	r.given[s.Name] = r.Origin(p.Value)
	r.wrong[s.Name] = len(r.Problems) > before
}

// finish is the config, or all that is wrong.
func (r *reader) finish() (*Config, error) {
	if len(r.Problems) > 0 {
		return nil, positions.Sorted(r.Problems)
	}
	return r.snapshot(), nil
}

// snapshot is the config as far as it was read, right or wrong.
func (r *reader) snapshot() *Config {
	slices.SortFunc(r.placedFaults, func(f, g placedFault) int { return compareFaults(f.Value, g.Value) })
	slices.SortFunc(r.placedLinks, compareLinks)
	slices.SortStableFunc(r.placedOperations, compareOperations)
	c := *r.config
	c.Links, c.Operations = keys.Values(r.placedLinks), keys.Values(r.placedOperations)
	c.Expects, c.Faults = keys.Values(r.placedExpects), nil
	for _, f := range r.placedFaults {
		c.Faults = append(c.Faults, f.Value)
	}
	return c.Clone()
}
