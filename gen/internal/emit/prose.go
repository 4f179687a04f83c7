package emit

import (
	"regexp"
	"strings"
	"unicode"
)

// width of a comment, in characters.
const width = 120

// reference is the end of a doc that says where the paper says it; of several papers, each has a short name in
// capitals.
var reference = regexp.MustCompile(
	`^(.*[.!?]) ((?:(?:[A-Z]{2,} )?(?:§|Figure |Section )|[A-Z]{2,} [A-Z]\d)[^.]*(?:\.\d[^.]*)*)$`)

// sentence is a doc as a sentence: with its reference in brackets, and a full stop.
func sentence(doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	if m := reference.FindStringSubmatch(doc); m != nil {
		return m[1][:len(m[1])-1] + " (" + m[2] + ")" + m[1][len(m[1])-1:]
	}
	if doc != "" && !strings.ContainsAny(doc[len(doc)-1:], ".!?") {
		doc += "."
	}
	return doc
}

// prose writes comments that know which words are names.
type prose struct{ names map[string]bool }

// after is a doc as it goes on after a name and a colon: its first word in lower case, unless it is a name.
func (p prose) after(doc string) string {
	doc = sentence(doc)
	word, _, _ := strings.Cut(doc, " ")
	runes := []rune(word)
	if len(runes) == 0 || p.names[word] || strings.IndexFunc(string(runes[1:]), unicode.IsUpper) >= 0 ||
		strings.Contains(word, "§") {
		return doc
	}
	return strings.ToLower(string(runes[0])) + doc[len(string(runes[0])):]
}

// comment is a doc comment of a declaration, without the indentation that gofmt gives it.
func (p prose) comment(name, doc string) string { return paragraph(name + ": " + p.after(doc)) }

// paragraph wraps a text into a comment.
func paragraph(text string) string {
	var out strings.Builder
	line := "//"
	for _, word := range strings.Fields(text) {
		if line != "//" && len([]rune(line))+1+len([]rune(word)) > width {
			out.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	out.WriteString(line)
	return out.String()
}
