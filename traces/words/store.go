package words

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
)

// Command is a command as a story shows it: PUT "b" = "val_84".
type Command struct {
	Verb string // put, get, delete, noop
	Key  string
	Text string
}

// ParseCommand reads a command as a trace has it: put b val_84. The first space ends the key.
func ParseCommand(s string) Command {
	verb, rest, _ := strings.Cut(s, " ")
	switch verb {
	case "put":
		key, value, _ := strings.Cut(rest, " ")
		return OperationText(kvspans.KVPutID, key, value)
	case "get":
		return OperationText(kvspans.KVGetID, rest, "")
	case "delete":
		return OperationText(kvspans.KVDeleteID, rest, "")
	case kv.Noop{}.String():
		return Command{verb, "", "NOOP"}
	}
	return Command{verb, rest, Printable(s)}
}

// OperationText returns what a client asks for, as a command of the log reads: the id is that of its span.
func OperationText(id, key, value string) Command {
	quoted := strconv.Quote(key)
	switch id {
	case kvspans.KVPutID:
		return Command{"put", key, "PUT " + quoted + " = " + strconv.Quote(value)}
	case kvspans.KVGetID:
		return Command{"get", key, "GET " + quoted}
	}
	return Command{"delete", key, "DELETE " + quoted}
}

// ResultText is what came of a command: OK, REJECTED (key exists), NOT FOUND, FAILED (replication failed), or what was
// found.
func ResultText(c Command, result string) string {
	switch {
	case c.Verb == "put" && strings.HasPrefix(result, kv.KeyExists{}.String()):
		return "REJECTED (key exists)"
	case result == kv.KeyNotFound{Key: c.Key}.String():
		return "NOT FOUND"
	case result == kv.ReplicationFailed{}.String():
		return "FAILED (replication failed)"
	case c.Verb == "get":
		return strconv.Quote(result)
	case result == kv.Stored{}.String(), result == kv.Deleted{}.String(), result == kv.Nothing{}.String():
		return "OK"
	}
	return Printable(result)
}

// OutcomeUnknown is the result of an operation that its client gave up.
const OutcomeUnknown = "outcome unknown"
