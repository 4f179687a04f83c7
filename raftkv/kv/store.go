// Package kv is the state machine that the log is applied to: a store of values by key. It is deterministic, so that servers that apply the same entries in the
// same order hold the same values and give the same answers.
package kv

import "github.com/raftkv/raftkv/raftkv/raft/protocol"

// Store holds the values, and for each client the last operation that took effect, so that an operation takes effect once however often its entry is in the log:
// the client tries again when an answer is lost (§8).
type Store struct {
	values    map[string]string
	sessions  map[protocol.ClientID]session
	forgetful bool // see NewForgetful
}

// session is a client's latest operation and its answer. The latest is enough, since a client has one operation open at a time.
type session struct {
	sequence protocol.Sequence
	result   protocol.Result
}

// New makes an empty store.
func New() *Store {
	return &Store{values: make(map[string]string), sessions: make(map[protocol.ClientID]session)}
}

// NewForgetful makes an empty store that takes an operation again when the client tries again: it is wrong on purpose, for who wants to see what then breaks.
func NewForgetful() *Store {
	s := New()
	s.forgetful = true
	return s
}

// Apply has a committed entry take effect, and returns the answer for the client that asked. An operation that took effect already gets its first answer again. One
// older than the client's latest is a late copy of something that the client is done with: it does nothing, and nobody waits for its answer, which is Nothing. An
// entry that no client asked for has no session.
func (s *Store) Apply(entry protocol.LogEntry) protocol.Result {
	if entry.Request.Client == 0 {
		return s.execute(entry.Command)
	}
	last, known := s.sessions[entry.Request.Client]
	switch {
	case known && entry.Request.Sequence == last.sequence && !s.forgetful:
		return last.result
	case known && entry.Request.Sequence < last.sequence:
		return protocol.Nothing{}
	}
	result := s.execute(entry.Command)
	s.sessions[entry.Request.Client] = session{sequence: entry.Request.Sequence, result: result}
	return result
}

// execute is what each command does, whoever asks.
func (s *Store) execute(command protocol.Command) protocol.Result {
	switch c := command.(type) {
	case protocol.Put:
		return s.put(c.Key, c.Value)
	case protocol.Get:
		return s.get(c.Key)
	case protocol.Delete:
		return s.remove(c.Key)
	case protocol.Noop:
		return protocol.Nothing{}
	}
	return protocol.Nothing{} // an entry without a command
}

// put stores a value at a key that has none. A key that has one keeps it.
func (s *Store) put(key, value string) protocol.Result {
	if _, taken := s.values[key]; taken {
		return protocol.KeyExists{Key: key}
	}
	s.values[key] = value
	return protocol.Stored{}
}

func (s *Store) get(key string) protocol.Result {
	value, found := s.values[key]
	if !found {
		return protocol.KeyNotFound{Key: key}
	}
	return protocol.Found{Value: value}
}

func (s *Store) remove(key string) protocol.Result {
	if _, found := s.values[key]; !found {
		return protocol.KeyNotFound{Key: key}
	}
	delete(s.values, key)
	return protocol.Deleted{}
}
