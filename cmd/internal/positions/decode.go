// Package positions reads a TOML text, and says where its keys and values stand. So whatever is wrong with a value is
// shown with its line, the value underlined.
//
// Decode is where to begin: it gives what the TOML library reads, and the Place of each value, which scanner.go finds.
// An Origin is a place in one of several texts, and makes a Diagnostic, an error with the line quoted.
package positions

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// Largest is the size in bytes that no config exceeds: it keeps a wrong file from taking the program down.
const Largest = 1 << 18

// Decode reads a TOML text, and finds where its values stand; or it returns the first thing that makes it no TOML.
func Decode(src *Source) (values map[string]any, at *Place, wrong *Problem) {
	defer func() {
		// The library panics on what its author did not think of; a config is no reason to.
		if reason := recover(); reason != nil {
			wrong = problem(src, Span{}, "cannot be read as TOML: %v", reason)
		}
	}()
	if len(src.Text) > Largest {
		return nil, nil, problem(src, Span{}, "the text is larger than %d bytes: that is no config", Largest)
	}
	if isUTF16(src.Text) {
		return nil, nil, problem(src, Span{}, "the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: "+
			"write it with Out-File -Encoding utf8")
	}
	src.Text = strings.TrimPrefix(src.Text, "\xef\xbb\xbf") // as the library does
	if at, ok := tooDeep(src.Text); ok {
		return nil, nil, problem(src, Span{at, at + 1}, "nests too deep: that is no config")
	}
	if _, err := toml.Decode(src.Text, &values); err != nil {
		return nil, nil, syntaxProblem(src, err)
	}
	at, again := scan(src.Text)
	if again != nil {
		before, _, _ := strings.Cut(Origin{src, again.before.span}.Where(), " ")
		return nil, nil, problem(src, again.now.span,
			"key %s has already been defined, at %s: TOML lets nothing be added to it here",
			Quote(Short(again.now.name)), before)
	}
	return values, at, nil
}

func problem(src *Source, at Span, format string, args ...any) *Problem {
	return &Problem{Origin{src, at}, fmt.Sprintf(format, args...)}
}

// isUTF16 says whether a text begins with the mark of UTF-16, or with a letter of it.
func isUTF16(text string) bool {
	begin := text[:min(len(text), 4)]
	return strings.HasPrefix(begin, "\xff\xfe") || strings.HasPrefix(begin, "\xfe\xff") ||
		strings.Contains(begin, "\x00")
}

// syntaxProblem is the first thing that makes a text no TOML.
func syntaxProblem(src *Source, err error) *Problem {
	var syntax toml.ParseError
	if !errors.As(err, &syntax) {
		return problem(src, Span{}, "cannot be read as TOML: %s", err)
	}
	start := min(max(syntax.Position.Start, 0), len(src.Text))
	for start > 0 && start == len(src.Text) && (src.Text[start-1] == '\n' || src.Text[start-1] == '\r') {
		start-- // the end of the file is shown at the end of its last line
	}
	message := strings.TrimSuffix(syntax.Message, ".")
	if rest, ok := strings.CutPrefix(message, "Key "); ok {
		message = "key " + rest
	}
	if number, ok := strings.CutSuffix(message, " is out of range for int64"); ok {
		message = fmt.Sprintf("%s is out of range: whole numbers go from %d to %d",
			Short(number), int64(math.MinInt64), int64(math.MaxInt64))
	}
	if strings.HasPrefix(message, "expected ") {
		message += quotesHint(src.Text, start)
	}
	return problem(src, Span{start, start + max(syntax.Position.Len, 1)}, "%s", message)
}

var bareValue = regexp.MustCompile(`^\s*([\w.-]+\s*=\s*)([^\s"'\[{#=][^"'#=]*?)\s*(#.*)?$`)

// quotesHint is a reminder for the commonest mistake: rpc_timeout = 100ms.
func quotesHint(text string, at int) string {
	line := text[strings.LastIndexByte(text[:at], '\n')+1:]
	line, _, _ = strings.Cut(line, "\n")
	m := bareValue.FindStringSubmatch(strings.TrimSuffix(line, "\r"))
	if m == nil {
		return ""
	}
	return fmt.Sprintf("; strings and durations need quotes: %s%s", m[1], Quote(m[2]))
}
