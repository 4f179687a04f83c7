package history

import (
	"strconv"

	"github.com/raftkv/raftkv/raftkv/kv"
)

// Model is what the store should be, by its specification: it takes each operation once. It shares no code with the
// store. Make one with NewModel.
type Model struct {
	values map[string]string
	latest map[kv.ClientID]answer
}

// answer is the latest operation of a client and its answer.
type answer struct {
	sequence kv.Sequence
	result   kv.Result
}

// NewModel makes an empty store.
func NewModel() Model {
	return Model{values: map[string]string{}, latest: map[kv.ClientID]answer{}}
}

// Apply returns what the next command should answer, and whether that is a retry's: the answer that the session has.
func (m *Model) Apply(request kv.RequestID, command kv.Command) (result kv.Result, retried bool) {
	latest, known := m.latest[request.Client]
	switch {
	case request.Client == 0:
		return m.execute(command), false
	case known && request.Sequence == latest.sequence:
		return latest.result, true
	case known && request.Sequence < latest.sequence:
		return kv.Nothing{}, false
	}
	result = m.execute(command)
	m.latest[request.Client] = answer{sequence: request.Sequence, result: result}
	return result, false
}

// ResultOf is the answer to a request, if that is the latest of its client.
func (m *Model) ResultOf(request kv.RequestID) (result kv.Result, known bool) {
	latest, known := m.latest[request.Client]
	return latest.result, known && latest.sequence == request.Sequence
}

func (m *Model) execute(command kv.Command) kv.Result {
	key, ok := KeyOf(command)
	if !ok {
		return kv.Nothing{}
	}
	value, present := m.values[key]
	now, result := Content{value, present}.Step(command)
	switch {
	case !now.Present:
		delete(m.values, key)
	case now != Content{value, present}:
		m.values[key] = now.Value
	}
	return result
}

// Content is what one key holds. The zero Content is nothing.
type Content struct {
	Value   string
	Present bool
}

// Step is what a command makes of its key, and what it answers.
func (x Content) Step(command kv.Command) (Content, kv.Result) {
	switch c := command.(type) {
	case kv.Put:
		if x.Present {
			return x, kv.KeyExists{Key: c.Key}
		}
		return Content{Value: c.Value, Present: true}, kv.Stored{}
	case kv.Get:
		if !x.Present {
			return x, kv.KeyNotFound(c)
		}
		return x, kv.Found{Value: x.Value}
	case kv.Delete:
		if !x.Present {
			return x, kv.KeyNotFound(c)
		}
		return Content{}, kv.Deleted{}
	case kv.Noop:
	}
	return x, kv.Nothing{}
}

// KeyOf is the key that a command is about; a no-op is about none.
func KeyOf(command kv.Command) (string, bool) {
	switch c := command.(type) {
	case kv.Put:
		return c.Key, true
	case kv.Get:
		return c.Key, true
	case kv.Delete:
		return c.Key, true
	case kv.Noop:
	}
	return "", false
}

func isWrite(command kv.Command) bool {
	switch command.(type) {
	case kv.Put, kv.Delete:
		return true
	case kv.Get, kv.Noop:
	}
	return false
}

// Text is a command in quotes, as a fact names it.
func Text(command kv.Command) string {
	if command == nil {
		return "an entry without a command"
	}
	return strconv.Quote(command.String())
}
