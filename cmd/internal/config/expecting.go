package config

import "strings"

// The keys of an [[expect]] can be given with a flag, too: leader = "node-3", or operation = "client-1/3", result =
// "ok".
const (
	beforeKeys = expectTable + " = [{"
	afterKeys  = "}]"
)

// CheckExpect says what is wrong with the keys of an [[expect]] that are given with a flag, by themselves. The error
// is Diagnostics.
func CheckExpect(flag, keys string) error {
	r := newReader("check")
	r.expecting(flag, keys, 1)
	_, err := r.finish()
	return err
}

// Expecting is a config of the same run that expects what is given with a flag, each time the keys of one [[expect]],
// and nothing else. The error is Diagnostics: it says, too, what the run does not have that is expected of it.
func (c *Config) Expecting(flag string, given []string) (*Config, error) {
	r := newReader(c.Scenario)
	r.config = c.Clone()
	for _, o := range c.Operations {
		r.placedOperations = append(r.placedOperations, placed[Operation]{row: o})
	}
	var all []placed[Expect]
	for i, keys := range given {
		r.expecting(flag, keys, i+1)
		all = append(all, r.placedExpects...)
	}
	r.placedExpects = all
	r.checkExpects()
	if len(r.problems) > 0 {
		_, err := r.finish()
		return nil, err
	}
	r.config.Expects = rows(all)
	return r.config, nil
}

// expecting reads the keys of one [[expect]], instead of all that was expected before. A value that is no TOML is a
// string without its quotes, as with Set.
func (r *reader) expecting(flag, keys string, order int) {
	src := &source{
		name: flag, text: beforeKeys + keys + afterKeys, given: keys, order: order, flag: true, hidden: len(beforeKeys),
	}
	if !assignment.MatchString(keys) || strings.ContainsAny(keys, "\r\n") {
		r.complainAt(origin{src, span{src.hidden, src.hidden + len(keys)}}, "want the keys of an [[expect]] on one line, such as leader = \"node-3\"")
		return
	}
	if _, _, wrong := decode(src); wrong != nil && strings.Count(keys, "=") == 1 && !digits.MatchString(keys) {
		bare := bareString(&source{text: keys})
		src.text = beforeKeys + bare.text + afterKeys
	}
	r.document(src)
}
