package states

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/read"
)

// store is what a process applied, besides the values: they are rows of its field.
type store struct {
	known   bool   // all that was applied since the process started was told
	applied uint64 // up to here
	latest  map[kv.ClientID]answer
}

// answer is what came of a client's latest operation.
type answer struct {
	sequence uint64
	result   string
}

// begins has the store be empty.
func (s *store) begins() { *s = store{known: true, latest: map[kv.ClientID]answer{}} }

// applies has a command change the store of a process. An operation that took effect does not again: its answer is the
// first one. Where a position is missing, or the answer is another, what the store holds is not known any more.
func (e *engine) applies(p *process, s *read.Span) {
	l := &e.protocol.Landmarks.Applied
	field, st := int32(len(e.fields)-1), &p.store
	position, err := strconv.ParseUint(s.Attribute(l.Position).String(), 10, 64)
	if !st.known || p.status == Down || p.tables[field].rows == nil {
		return
	}
	if err != nil || position != st.applied+1 {
		st.known = false
		e.clear(p, field)
		return
	}
	st.applied = position
	request, result := s.Attribute(kvspans.KVRequestIDKey).AsString(), s.Attribute(kvspans.KVResultKey).AsString()
	if client, sequence, err := parseRequest(request); err == nil {
		latest := st.latest[client]
		if sequence <= latest.sequence {
			if sequence == latest.sequence && result != latest.result {
				st.known = false
				e.clear(p, field)
			}
			return
		}
		st.latest[client] = answer{sequence, result}
	}
	e.execute(p, field, s.Attribute(l.Command).String(), request, result)
}

// execute has a command take effect that has a result.
func (e *engine) execute(p *process, field int32, command, request, result string) {
	verb, rest, _ := strings.Cut(command, " ")
	switch {
	case verb == "put" && result == kv.Stored{}.String():
		key, value, _ := strings.Cut(rest, " ")
		if spaced, is := e.spaced[request]; is {
			key, value = spaced[0], spaced[1]
		}
		e.setRow(p, field, key, e.one(value))
	case verb == "delete" && result == kv.Deleted{}.String():
		e.setRow(p, field, rest, nil)
	}
}

// notesSpaces notes the key and the value of a put that a command does not tell apart.
func (e *engine) notesSpaces(s *read.Span) {
	if s.Name != kvspans.KVPutName {
		return
	}
	key, value := s.Attribute(kvspans.KVKeyKey).AsString(), s.Attribute(kvspans.KVValueKey).AsString()
	if strings.Contains(key, " ") || strings.Contains(value, " ") {
		e.spaced[s.Attribute(kvspans.KVRequestIDKey).AsString()] = [2]string{key, value}
	}
}
