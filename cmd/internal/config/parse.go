package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Parse reads a file that stands for itself: what it leaves out is as in Default, and a scenario that it does not name is named after the file. The error is
// Diagnostics: all that is wrong, not only the first.
func Parse(file string, text []byte) (*Config, error) {
	r := newReader(fileScenario(file))
	r.document(&source{name: file, text: string(text)})
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
	given            map[string]origin // where each key got its value, by the last source that gives it
	wrong            map[string]bool   // keys that got none that could be taken over
	placedFaults     []placedFault
	placedExpects    []placed[Expect]
	placedLinks      []placed[Link]
	placedOperations []placed[Operation]
	now              time.Time
	source           *source // that is being read
	adding           bool    // whether its faults and links come besides those that were given before
	problems         []problem
}

type problem struct {
	origin  origin
	message string
}

func newReader(scenario string) *reader {
	r := &reader{config: Default(), now: Default().StartTime, given: make(map[string]origin), wrong: make(map[string]bool)}
	r.config.Scenario = scenario
	return r
}

func (r *reader) origin(s span) origin { return origin{r.source, s} }

// complain says what is wrong at a place of the source that is being read.
func (r *reader) complain(at span, format string, args ...any) {
	r.complainAt(r.origin(at), format, args...)
}

func (r *reader) complainAt(at origin, format string, args ...any) {
	r.problems = append(r.problems, problem{at, fmt.Sprintf(format, args...)})
}

// where names the place for a message about another one.
func (o origin) where() string { return o.diagnostic("").Where() }

// document reads one source.
func (r *reader) document(src *source) {
	r.source = src
	values, at, err := decode(src)
	if err != nil {
		r.problems = append(r.problems, *err)
		return
	}
	r.table("", values, at)
}

// table reads the keys of a table, "" being the top level.
func (r *reader) table(name string, values map[string]any, at *place) {
	for _, leaf := range slices.Sorted(maps.Keys(values)) {
		key, v, p := leaf, values[leaf], at.child(leaf)
		if name != "" {
			key = name + "." + leaf
		}
		s, known := settingOf(key)
		switch {
		case strings.Contains(leaf, "."):
			r.complain(p.key, "unknown key %q: within quotes a dot does not part a table from its key", short(leaf))
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
				r.complain(p.value, "%s must be a table, [%s], not %s", key, key, describe(v))
				continue
			}
			r.table(key, section, p)
		default:
			r.complain(p.key, "unknown key %q%s", short(key), advice(name, leaf, nearestKey(key)))
		}
	}
}

// setting reads the value of one key.
func (r *reader) setting(s setting, v any, p *place) {
	r.given[s.key] = r.origin(p.value)
	delete(r.wrong, s.key)
	field := s.value(r.config)
	if i, ok := field.(instant); ok {
		i.now = r.now
		field = i
	}
	field.read(v, func(item int, format string, args ...any) {
		r.wrong[s.key] = true
		r.complain(p.item(item).value, "%s "+format, append([]any{s.key}, args...)...)
	})
}

// finish is the config, or all that is wrong.
func (r *reader) finish() (*Config, error) {
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b problem) int {
			return cmp.Or(
				cmp.Compare(a.origin.source.order, b.origin.source.order),
				cmp.Compare(a.origin.span.start, b.origin.span.start),
				cmp.Compare(a.message, b.message))
		})
		r.problems = slices.Compact(r.problems)
		diagnostics := make(Diagnostics, len(r.problems))
		for i, p := range r.problems {
			diagnostics[i] = p.origin.diagnostic(p.message)
		}
		return nil, diagnostics
	}
	return r.snapshot(), nil
}

// snapshot is the config as far as it was read, right or wrong.
func (r *reader) snapshot() *Config {
	slices.SortFunc(r.placedFaults, func(f, g placedFault) int { return compareFaults(f.Fault, g.Fault) })
	slices.SortFunc(r.placedLinks, compareLinks)
	slices.SortStableFunc(r.placedOperations, compareOperations)
	c := r.config.Clone()
	c.Faults = nil
	for _, f := range r.placedFaults {
		c.Faults = append(c.Faults, f.Fault)
	}
	c.Expects, c.Links, c.Operations = rows(r.placedExpects), rows(r.placedLinks), rows(r.placedOperations)
	return c.Clone()
}

// largest is the size that no config has: it keeps a wrong file from taking the program down.
const largest = 1 << 18

// decode reads a TOML text, and finds where its values stand.
func decode(src *source) (values map[string]any, at *place, wrong *problem) {
	defer func() {
		// The library panics on what its author did not think of; a config is no reason to.
		if reason := recover(); reason != nil {
			wrong = &problem{origin{src, span{}}, fmt.Sprintf("cannot be read as TOML: %v", reason)}
		}
	}()
	if len(src.text) > largest {
		return nil, nil, &problem{origin{src, span{}}, fmt.Sprintf("the text is larger than %d bytes: that is no config", largest)}
	}
	if isUTF16(src.text) {
		return nil, nil, &problem{origin{src, span{}}, "the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: write it with Out-File -Encoding utf8"}
	}
	src.text = strings.TrimPrefix(src.text, "\xef\xbb\xbf") // as the library does
	if at, ok := tooDeep(src.text); ok {
		return nil, nil, &problem{origin{src, span{at, at + 1}}, "nests too deep: that is no config"}
	}
	if _, err := toml.Decode(src.text, &values); err != nil {
		return nil, nil, syntaxProblem(src, err)
	}
	at, again := scan(src.text)
	if again != nil {
		before, _, _ := strings.Cut(origin{src, again.before.span}.where(), " ")
		message := fmt.Sprintf("key %s has already been defined, at %s: TOML lets nothing be added to it here", quote(short(again.now.name)), before)
		return nil, nil, &problem{origin{src, again.now.span}, message}
	}
	return values, at, nil
}

// isUTF16 says whether a text begins with the mark of UTF-16, or with a letter of it.
func isUTF16(text string) bool {
	begin := text[:min(len(text), 4)]
	return strings.HasPrefix(begin, "\xff\xfe") || strings.HasPrefix(begin, "\xfe\xff") || strings.Contains(begin, "\x00")
}

// syntaxProblem is the first thing that makes a text no TOML.
func syntaxProblem(src *source, err error) *problem {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return &problem{origin{src, span{}}, "cannot be read as TOML: " + err.Error()}
	}
	start := min(max(syntax.Position.Start, 0), len(src.text))
	for start > 0 && start == len(src.text) && (src.text[start-1] == '\n' || src.text[start-1] == '\r') {
		start-- // the end of the file is shown at the end of its last line
	}
	message := strings.TrimSuffix(syntax.Message, ".")
	if rest, ok := strings.CutPrefix(message, "Key "); ok {
		message = "key " + rest
	}
	if number, ok := strings.CutSuffix(message, " is out of range for int64"); ok {
		message = fmt.Sprintf("%s is out of range: whole numbers go from %d to %d", short(number), int64(math.MinInt64), int64(math.MaxInt64))
	}
	if strings.HasPrefix(message, "expected ") {
		message += quotesHint(src.text, start)
	}
	return &problem{origin{src, span{start, start + max(syntax.Position.Len, 1)}}, message}
}

var bareValue = regexp.MustCompile(`^\s*([\w.-]+\s*=\s*)([^\s"'\[{#=][^"'#=]*?)\s*(#.*)?$`)

// quotesHint is a reminder for the commonest slip: rpc_timeout = 100ms.
func quotesHint(text string, at int) string {
	line := text[strings.LastIndexByte(text[:at], '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	m := bareValue.FindStringSubmatch(strings.TrimSuffix(line, "\r"))
	if m == nil {
		return ""
	}
	return fmt.Sprintf("; strings and durations need quotes: %s%s", m[1], quote(m[2]))
}
