package words

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
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
		return OperationText(spans.KVPutID, key, value)
	case "get":
		return OperationText(spans.KVGetID, rest, "")
	case "delete":
		return OperationText(spans.KVDeleteID, rest, "")
	case protocol.Noop{}.String():
		return Command{verb, "", "NOOP"}
	}
	return Command{verb, rest, Printable(s)}
}

func OperationText(id, key, value string) Command {
	quoted := strconv.Quote(key)
	switch id {
	case spans.KVPutID:
		return Command{"put", key, "PUT " + quoted + " = " + strconv.Quote(value)}
	case spans.KVGetID:
		return Command{"get", key, "GET " + quoted}
	}
	return Command{"delete", key, "DELETE " + quoted}
}

// ResultText is what came of a command: OK, REJECTED (key exists), NOT FOUND, FAILED (replication failed), or what was found.
func ResultText(c Command, result string) string {
	switch {
	case c.Verb == "put" && strings.HasPrefix(result, protocol.KeyExists{}.String()):
		return "REJECTED (key exists)"
	case result == protocol.KeyNotFound{Key: c.Key}.String():
		return "NOT FOUND"
	case result == protocol.ReplicationFailed{}.String():
		return "FAILED (replication failed)"
	case c.Verb == "get":
		return strconv.Quote(result)
	case result == protocol.Stored{}.String(), result == protocol.Deleted{}.String(), result == protocol.Nothing{}.String():
		return "OK"
	}
	return Printable(result)
}

// OutcomeUnknown is the result of an operation that its client gave up.
const OutcomeUnknown = "outcome unknown"
