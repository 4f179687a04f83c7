package sections

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

var settingTypes = []string{
	model.SettingBool, model.SettingInt, model.SettingUint64, model.SettingDuration, model.SettingRange,
}

// settingMethods are those that a person writes for a section, which no key can have the name of.
var settingMethods = []string{"Clone", "First", "Clashes", "Vary", "Age"}

func (r *resolver) settings() {
	s := r.spec.Settings
	if s == nil {
		return
	}
	out := &model.Settings{Section: s.Section.Value, Doc: s.Doc.Value}
	if s.Section.Given() && !model.IsWord(out.Section) {
		r.faults.Add(s.Section.Pos, "%q is no section name: want a name such as network", out.Section)
	}
	for _, p := range r.out.Includes {
		if p.Settings != nil && p.Settings.Section == out.Section {
			r.faults.Add(s.Section.Pos, "duplicate section %q: declared in %s", out.Section, p.File)
		}
	}
	seen := map[string]load.Pos{}
	for _, key := range s.Keys {
		if before, is := seen[key.Name.Value]; is {
			r.faults.Add(key.Name.Pos, "duplicate key %q: declared in line %d", key.Name.Value, before.Line)
			continue
		}
		seen[key.Name.Value] = key.Name.Pos
		r.settingName(key.Name, out)
		out.Keys = append(out.Keys, r.setting(key))
	}
	r.out.Settings = out
}

// settingName checks the name of a key: in Go it is that of a field.
func (r *resolver) settingName(name load.Text, others *model.Settings) {
	camel := model.Camel(name.Value)
	switch {
	case !name.Given():
	case !model.IsWord(name.Value):
		r.faults.Add(name.Pos, "%q is no key: want a name such as max_entries", name.Value)
	case slices.Contains(settingMethods, camel):
		r.faults.Add(name.Pos, "key %q is %s in Go, as is a method of all settings", name.Value, camel)
	case slices.ContainsFunc(others.Keys, func(k *model.Setting) bool { return k.Go == camel }):
		r.faults.Add(name.Pos, "key %q is %s in Go, as another key is", name.Value, camel)
	}
}

func (r *resolver) setting(s load.Setting) *model.Setting {
	out := &model.Setting{
		Name: s.Name.Value, Go: model.Camel(s.Name.Value), Doc: s.Doc.Value, Type: s.Type.Value, Default: s.Default.Value,
		Unit: s.Unit.Value, Least: s.Least.Value, Most: s.Most.Value, Positive: s.Positive.Value, Optional: s.Optional.Value,
	}
	if !s.Type.Given() {
		return out
	}
	if !slices.Contains(settingTypes, out.Type) {
		r.faults.Undefined(s.Type.Pos, "type of settings", out.Type, settingTypes)
		return out
	}
	for _, number := range []struct {
		what string
		load.Whole
	}{{"least", s.Least}, {"most", s.Most}} {
		if number.Given() && !out.IsWhole() {
			r.faults.Add(number.Pos, "only a whole number has a %s: %s is a %s", number.what, out.Name, out.Type)
		}
	}
	if s.Unit.Given() && !out.IsWhole() {
		r.faults.Add(s.Unit.Pos, "only a whole number has a unit: %s is a %s", out.Name, out.Type)
	}
	if s.Positive.Given() && !out.IsTime() {
		r.faults.Add(s.Positive.Pos, "only a duration or a range has to be positive: %s is a %s", out.Name, out.Type)
	}
	if out.IsWhole() {
		r.bounds(s, out)
	}
	if s.Default.Given() {
		r.defaultOf(s, out)
	}
	return out
}

// bounds checks the least and the most of a whole number.
func (r *resolver) bounds(s load.Setting, out *model.Setting) {
	switch {
	case r.faults.At(s.Least.Pos) || r.faults.At(s.Most.Pos):
		out.Least, out.Most = 0, math.MaxInt64 // which nothing is held against
	case !s.Most.Given():
		r.faults.Add(s.Name.Pos, "%s lacks a `most`, against a slip of the finger", out.Name)
		out.Most = math.MaxInt64
	case out.Least > out.Most:
		r.faults.Add(s.Least.Pos, "the least, %d, is more than the most, %d", out.Least, out.Most)
	case out.Type == model.SettingInt && out.Most > math.MaxInt32:
		r.faults.Add(s.Most.Pos, "an int is %d at most, on every machine: make %s a uint64", math.MaxInt32, out.Name)
	}
}

// defaultOf resolves the default of a setting, and checks it against what the setting's values must be.
func (r *resolver) defaultOf(s load.Setting, out *model.Setting) {
	var err error
	want := "true or false"
	switch out.Type {
	case model.SettingBool:
		if out.Flag = out.Default == "true"; !out.Flag && out.Default != "false" {
			err = strconv.ErrSyntax
		}
	case model.SettingInt, model.SettingUint64:
		want = "a whole number"
		out.Whole, err = strconv.ParseInt(out.Default, 10, 64)
	case model.SettingDuration:
		want = "a duration such as 50ms"
		out.Min, err = time.ParseDuration(out.Default)
		out.Max = out.Min
	case model.SettingRange:
		want = "a duration, or a range such as 150ms..300ms"
		out.Min, out.Max, err = durations(out.Default)
	}
	add := func(format string, arguments ...any) { r.faults.Add(s.Default.Pos, format, arguments...) }
	switch {
	case err != nil || out.Min < 0:
		add("default %q: want %s", out.Default, want)
	case out.Max < out.Min:
		add("default %q ends before it begins", out.Default)
	case out.IsWhole() && out.Whole < out.Least:
		add("default %s is less than the least, %d", out.Default, out.Least)
	case out.IsWhole() && out.Whole > out.Most:
		add("default %s is more than the most, %d", out.Default, out.Most)
	case out.Positive != "" && out.Min == 0 && (out.Type == model.SettingDuration || out.Max > 0):
		add("default %q is not positive, and the key says why it must be", out.Default)
	}
}

// durations are both ends of a range, or of what is one duration.
func durations(text string) (low, high time.Duration, err error) {
	from, to, is := strings.Cut(text, "..")
	if low, err = time.ParseDuration(from); err != nil || !is {
		return low, low, err
	}
	high, err = time.ParseDuration(to)
	return low, high, err
}
