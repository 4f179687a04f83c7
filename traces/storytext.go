package traces

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// command is a command as a story shows it: PUT "b" = "val_84".
type command struct {
	verb string // put, get, delete, noop
	key  string
	text string
}

// parseCommand reads a command as a trace has it: put b val_84. The first space ends the key.
func parseCommand(s string) command {
	verb, rest, _ := strings.Cut(s, " ")
	switch verb {
	case "put":
		key, value, _ := strings.Cut(rest, " ")
		return operationText(spans.KVPutID, key, value)
	case "get":
		return operationText(spans.KVGetID, rest, "")
	case "delete":
		return operationText(spans.KVDeleteID, rest, "")
	case protocol.Noop{}.String():
		return command{verb, "", "NOOP"}
	}
	return command{verb, rest, printable(s)}
}

func operationText(id, key, value string) command {
	quoted := strconv.Quote(key)
	switch id {
	case spans.KVPutID:
		return command{"put", key, "PUT " + quoted + " = " + strconv.Quote(value)}
	case spans.KVGetID:
		return command{"get", key, "GET " + quoted}
	}
	return command{"delete", key, "DELETE " + quoted}
}

// resultText is what came of a command: OK, REJECTED (key exists), NOT FOUND, FAILED (replication failed), or what was found.
func resultText(c command, result string) string {
	switch {
	case c.verb == "put" && strings.HasPrefix(result, protocol.KeyExists{}.String()):
		return "REJECTED (key exists)"
	case result == protocol.KeyNotFound{Key: c.key}.String():
		return "NOT FOUND"
	case result == protocol.ReplicationFailed{}.String():
		return "FAILED (replication failed)"
	case c.verb == "get":
		return strconv.Quote(result)
	case result == protocol.Stored{}.String(), result == protocol.Deleted{}.String(), result == protocol.Nothing{}.String():
		return "OK"
	}
	return printable(result)
}

// text is an attribute's value as a line shows it.
func text(v attribute.Value) string {
	switch v.Type() {
	case attribute.STRING:
		return printable(v.AsString())
	case attribute.INT64:
		return strconv.FormatInt(v.AsInt64(), 10)
	case attribute.STRINGSLICE:
		parts := v.AsStringSlice()
		for i, p := range parts {
			parts[i] = printable(p)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case attribute.EMPTY, attribute.BOOL, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
	}
	return printable(v.String())
}

// Printable is a text as it is shown to people: as it is, or quoted as Go quotes it where it holds a character that is
// not seen. Such a one may break the line, be a command to the terminal, or turn the order of what is read around. This
// is the one rule for all names and values, wherever they are shown.
func Printable(s string) string { return printable(s) }

func printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }
