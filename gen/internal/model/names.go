package model

import (
	"go/token"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	typeName      = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	wordName      = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	attributeName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)
	methodName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*(/[A-Za-z][A-Za-z0-9_]*)?$`)
	importPath    = regexp.MustCompile(`^[a-z0-9][a-z0-9.\-]*(/[A-Za-z0-9._\-]+)*$`)
	folderPath    = regexp.MustCompile(`^[a-z0-9][a-z0-9_\-]*(/[a-z0-9][a-z0-9_\-]*)*$`)
	documentPath  = regexp.MustCompile(`^([a-z0-9][a-z0-9_\-]*/)*[A-Za-z0-9_\-]+\.md$`)
)

// IsWord says whether a name is one such as last_log_index.
func IsWord(name string) bool { return wordName.MatchString(name) }

// initialisms are the words that Go writes in one case.
var initialisms = map[string]string{
	"api": "API", "id": "ID", "ids": "IDs", "ip": "IP", "json": "JSON", "kv": "KV", "rpc": "RPC", "tcp": "TCP",
	"ttl": "TTL", "udp": "UDP", "url": "URL", "uuid": "UUID",
}

// Camel is a name in Go's way: last_log_index is LastLogIndex, kv.request.id is KVRequestID.
func Camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		if known, ok := initialisms[word]; ok {
			words[i] = known
			continue
		}
		first, size := utf8.DecodeRuneInString(word)
		words[i] = string(unicode.ToUpper(first)) + word[size:]
	}
	return strings.Join(words, "")
}

// Lower is a Go name in lower camel case: LastLogIndex is lastLogIndex, KVRequestID is kvRequestID.
func Lower(name string) string {
	runes := []rune(name)
	upper := 0
	for upper < len(runes) && unicode.IsUpper(runes[upper]) {
		upper++
	}
	if upper > 1 && upper < len(runes) {
		upper--
	}
	return strings.ToLower(string(runes[:upper])) + string(runes[upper:])
}

// taken are the names that a parameter of a generated function must not hide.
var taken = []string{
	"s", "t", "b", "at", "span", "protocol", "time", "trace", "attribute", "codes", "context", "binary",
	"any", "append", "bool", "byte", "cap", "clear", "close", "comparable", "complex", "copy", "delete", "error",
	"false", "float32", "float64", "imag", "int", "int8", "int16",
	"int32", "int64", "iota", "len", "make", "max", "min", "new", "nil", "panic", "print", "println", "real",
	"recover", "rune", "string", "true", "uint", "uint8", "uint16",
	"uint32", "uint64", "uintptr",
}

// parameter is a Go name as a parameter's.
func parameter(name string) string {
	name = Lower(name)
	if token.IsKeyword(name) || slices.Contains(taken, name) {
		return name + "Value"
	}
	return name
}

// short is an attribute's name without its namespace, and without the `.id` that its type says: kv.request.id is
// Request.
func short(key, unit string) string {
	_, rest, _ := strings.Cut(key, ".")
	rest = strings.TrimSuffix(rest, ".id")
	if unit != "" {
		rest = strings.TrimSuffix(rest, "_"+unit)
	}
	return Camel(rest)
}
