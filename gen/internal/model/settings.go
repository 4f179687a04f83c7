package model

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/gen/internal/load"
)

// Settings are the keys of a section of a config.
type Settings struct {
	Section, Doc string
	Keys         []*Setting
}

// Setting is one key of a section.
type Setting struct {
	Name, Go, Doc string
	Type          string // one of the types of settings
	Default       string // as it is written in a config
	Unit          string // of a whole number
	Least, Most   int64  // of a whole number
	Positive      string // why a duration must not be zero
	Optional      bool

	Flag     bool          // the default of a bool
	Whole    int64         // that of a whole number
	Min, Max time.Duration // that of a duration, which has one length, or of a range
}

// The types that a setting can have.
const (
	SettingBool     = "bool"
	SettingInt      = "int"
	SettingUint64   = "uint64"
	SettingDuration = "duration"
	SettingRange    = "range"
)

var settingTypes = []string{SettingBool, SettingInt, SettingUint64, SettingDuration, SettingRange}

// IsWhole says whether the values are whole numbers.
func (s *Setting) IsWhole() bool { return s.Type == SettingInt || s.Type == SettingUint64 }

// IsTime says whether the values are durations or ranges of them.
func (s *Setting) IsTime() bool { return s.Type == SettingDuration || s.Type == SettingRange }

// settingMethods are those that a person writes for a section, which no key can have the name of.
var settingMethods = []string{"Clone", "First", "Clashes", "Vary", "Age"}

func (r *resolver) settings() {
	s := r.spec.Settings
	if s == nil || !r.match(s.Section, wordName.MatchString, "section name", "a name such as network") {
		return
	}
	r.declared(r.declarations("section"), s.Section, "section")
	out := &Settings{Section: s.Section.Value, Doc: s.Doc.Value}
	seen := map[string]load.Pos{}
	fields := r.namespace(" among settings", "a method of all settings", settingMethods...)
	for _, key := range s.Keys {
		if r.declared(seen, key.Name, "key") || !r.match(key.Name, wordName.MatchString, "key", "a name such as max_entries") {
			continue
		}
		fields.claim("key "+key.Name.Value, key.Name, Camel(key.Name.Value))
		out.Keys = append(out.Keys, r.setting(key))
	}
	r.out.Settings = out
}

func (r *resolver) setting(s load.Setting) *Setting {
	out := &Setting{
		Name: s.Name.Value, Go: Camel(s.Name.Value), Doc: s.Doc.Value, Type: s.Type.Value, Default: s.Default.Value,
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
func (r *resolver) bounds(s load.Setting, out *Setting) {
	switch {
	case r.faults.At(s.Least.Pos) || r.faults.At(s.Most.Pos):
		out.Least, out.Most = 0, math.MaxInt64 // which nothing is held against
	case !s.Most.Given():
		r.faults.Add(s.Name.Pos, "%s lacks a `most`, against a slip of the finger", out.Name)
		out.Most = math.MaxInt64
	case out.Least > out.Most:
		r.faults.Add(s.Least.Pos, "the least, %d, is more than the most, %d", out.Least, out.Most)
	case out.Type == SettingInt && out.Most > math.MaxInt32:
		r.faults.Add(s.Most.Pos, "an int is %d at most, on every machine: make %s a uint64", math.MaxInt32, out.Name)
	}
}

// defaultOf resolves the default of a setting, and checks it against what the setting's values must be.
func (r *resolver) defaultOf(s load.Setting, out *Setting) {
	var err error
	want := "true or false"
	switch out.Type {
	case SettingBool:
		if out.Flag = out.Default == "true"; !out.Flag && out.Default != "false" {
			err = strconv.ErrSyntax
		}
	case SettingInt, SettingUint64:
		want = "a whole number"
		out.Whole, err = strconv.ParseInt(out.Default, 10, 64)
	case SettingDuration:
		want = "a duration such as 50ms"
		out.Min, err = time.ParseDuration(out.Default)
		out.Max = out.Min
	case SettingRange:
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
	case out.Positive != "" && out.Min == 0 && (out.Type == SettingDuration || out.Max > 0):
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
