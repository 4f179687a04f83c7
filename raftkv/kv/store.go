// Package kv is the store: values by key, as a state machine, and how clients ask a server of it. It is deterministic,
// so that servers that apply the same commands in the same order hold the same values and give the same answers.
// store.go is the state machine; the rest is generated from kv.yaml: commands, results, and the messages between
// clients and servers.
package kv

// Store holds the values, and for each client the last operation that took effect, so that an operation takes effect
// once however often its entry is in the log: the client tries again when an answer is lost (§8).
type Store struct {
	values   map[string]string
	sessions map[ClientID]session
}

// session is a client's latest operation and its answer. The latest is enough, since a client has one operation open at
// a time.
type session struct {
	sequence Sequence
	result   Result
}

// New makes an empty store.
func New() *Store {
	return &Store{values: make(map[string]string), sessions: make(map[ClientID]session)}
}

// Latest is the sequence of a client's latest operation that took effect; 0 when none did.
func (s *Store) Latest(client ClientID) Sequence { return s.sessions[client].sequence }

// Apply has a command that was agreed on take effect, and returns the answer for the client that asked. An operation
// that took effect already gets its first answer again. One older than the client's latest is a late copy of something
// that the client is done with: it does nothing, and nobody waits for its answer, which is Nothing. A command that no
// client asked for has no session.
func (s *Store) Apply(request RequestID, command Command) Result {
	if request.Client == 0 {
		return s.execute(command)
	}
	last, known := s.sessions[request.Client]
	switch {
	case known && request.Sequence == last.sequence:
		return last.result
	case known && request.Sequence < last.sequence:
		return Nothing{}
	}
	result := s.execute(command)
	s.sessions[request.Client] = session{sequence: request.Sequence, result: result}
	return result
}

// execute is what each command does, whoever asks.
func (s *Store) execute(command Command) Result {
	switch c := command.(type) {
	case Put:
		return s.put(c.Key, c.Value)
	case Get:
		return s.get(c.Key)
	case Delete:
		return s.remove(c.Key)
	case Noop:
		return Nothing{}
	}
	return Nothing{} // no command
}

// put stores a value at a key that has none. A key that has one keeps it.
func (s *Store) put(key, value string) Result {
	if _, taken := s.values[key]; taken {
		return KeyExists{Key: key}
	}
	s.values[key] = value
	return Stored{}
}

func (s *Store) get(key string) Result {
	value, found := s.values[key]
	if !found {
		return KeyNotFound{Key: key}
	}
	return Found{Value: value}
}

func (s *Store) remove(key string) Result {
	if _, found := s.values[key]; !found {
		return KeyNotFound{Key: key}
	}
	delete(s.values, key)
	return Deleted{}
}
