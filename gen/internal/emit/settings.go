package emit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// settingType is the Go type of a setting.
func settingType(s *model.Setting) string {
	switch s.Type {
	case model.SettingDuration:
		return "time.Duration"
	case model.SettingRange:
		return "world.Range"
	}
	return s.Type
}

// usual is the default of a setting in Go.
func usual(s *model.Setting) string {
	switch s.Type {
	case model.SettingUint64:
		return fmt.Sprintf("uint64(%d)", s.Whole)
	case model.SettingDuration:
		return duration(s.Min)
	case model.SettingRange:
		return fmt.Sprintf("world.Range{Min: %s, Max: %s}", duration(s.Min), duration(s.Max))
	}
	return s.Default
}

// duration is a length of time in Go, in the largest unit that it is a whole number of.
func duration(d time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{
		{"Hour", time.Hour},
		{"Minute", time.Minute},
		{"Second", time.Second},
		{"Millisecond", time.Millisecond},
		{"Microsecond", time.Microsecond},
	} {
		if d > 0 && d%unit.length == 0 {
			return fmt.Sprintf("%d * time.%s", d/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("time.Duration(%d)", d)
}

// values are what a setting can be, as a document says it.
func values(s *model.Setting) string {
	switch {
	case s.IsWhole():
		text := strconv.FormatInt(s.Least, 10) + " to " + strconv.FormatInt(s.Most, 10)
		if s.Unit != "" {
			text += " " + s.Unit
		}
		return text
	case s.Positive != "" && s.Type == model.SettingRange:
		return "a duration, or a range of positive ones: " + s.Positive
	case s.Positive != "":
		return "a positive duration: else " + s.Positive
	case s.Type == model.SettingRange:
		return "a duration or a range"
	case s.Type == model.SettingDuration:
		return "a duration"
	}
	return "true or false"
}
