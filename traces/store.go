package traces

import (
	"strconv"
	"strings"

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

// outcomeUnknown is the result of an operation that its client gave up.
const outcomeUnknown = "outcome unknown"
