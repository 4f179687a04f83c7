package traces

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// session is a client's latest operation and its answer.
type session struct {
	sequence uint64
	result   string
	of       int32
}

// results compares each answer of the state machines with that of a store that takes each operation once, in the order of the log (§8).
func (w *walk) results() {
	values, sessions := map[string]string{}, map[string]session{}
	for i := range w.committed {
		c := &w.committed[i]
		if c.of < 0 {
			w.doubts.doubt(doubtStore, -1, 1)
			return // what follows depends on what is not known
		}
		command, got := w.texts.of(c.command), w.texts.of(c.result)
		client, number, _ := strings.Cut(w.texts.of(c.request), "/")
		sequence, err := strconv.ParseUint(number, 10, 64)
		last, known := sessions[client]
		var want string
		switch {
		case err != nil:
			want = w.execute(values, command, c.request)
		case known && sequence == last.sequence:
			want = last.result
		case known && sequence < last.sequence:
			want = protocol.Nothing{}.String()
		default:
			want = w.execute(values, command, c.request)
			sessions[client] = session{sequence: sequence, result: want, of: c.of}
		}
		if want != got {
			again := int32(-1)
			if known {
				again = last.of
			}
			w.breaks(protocol.InvariantExactlyOnce, w.ref(c.of), fmt.Sprintf("%s%s at index %d answers %s", words.Printable(command), w.asked(c.request), c.index, words.Printable(got)),
				fmt.Sprintf("%s: with each operation taken once, that is the answer", words.Printable(want)), again)
			return // what follows may depend on it
		}
	}
}

// execute is what the store is declared to answer.
func (w *walk) execute(values map[string]string, command string, request uint32) string {
	name, rest, _ := strings.Cut(command, " ")
	switch name {
	case "put":
		key, value := w.put(rest, request)
		if _, taken := values[key]; taken {
			return protocol.KeyExists{Key: key}.String()
		}
		values[key] = value
		return protocol.Stored{}.String()
	case "get":
		value, found := values[rest]
		if !found {
			return protocol.KeyNotFound{Key: rest}.String()
		}
		return protocol.Found{Value: value}.String()
	case "delete":
		if _, found := values[rest]; !found {
			return protocol.KeyNotFound{Key: rest}.String()
		}
		delete(values, rest)
		return protocol.Deleted{}.String()
	}
	return protocol.Nothing{}.String()
}

// put takes the key and the value of a put apart. Where there are spaces in them the client's own span tells.
func (w *walk) put(rest string, request uint32) (key, value string) {
	if strings.Count(rest, " ") > 1 {
		for i := range w.history {
			if op := &w.history[i]; op.Request == w.texts.of(request) && op.Kind == spans.KVPutID {
				return op.Key, op.Value
			}
		}
	}
	key, value, _ = strings.Cut(rest, " ")
	return key, value
}

// answers compares what servers and clients were answered with what was applied.
func (w *walk) answers() {
	answered := w.texts.add((protocol.Answered{}).Name())
	for i := range w.records {
		of := int32(i)
		r := &w.records[i]
		if !w.is(of, requests) {
			continue
		}
		f := &w.facts.requests[r.fact]
		if f.appended.index > 0 {
			w.asWanted(of, f)
		}
		switch w.texts.of(r.reply) {
		case (protocol.Answered{}).Name():
			w.answeredBy(of, f)
		case (protocol.OutcomeUnknown{}).Name():
			if f.appended.index == 0 {
				w.find(ruleAnswerWithoutEntry, w.ref(of), "its outcome is said not to be known, and it took no entry into its log", "NotLeader, or an event append")
			}
		case (protocol.NotLeader{}).Name():
			w.redirected(of, f)
		}
	}
	for i := range w.records {
		of := int32(i)
		if w.is(of, tries) && w.records[i].reply == answered {
			w.toldClient(of)
		}
	}
}

// asWanted compares the command that a server took into its log with what the client's operation is.
func (w *walk) asWanted(of int32, f *requestFact) {
	try := w.records[of].above
	if try < 0 || !w.is(try, tries) {
		return
	}
	operation := w.records[try].above
	if operation < 0 || !w.is(operation, operations) {
		return
	}
	if want := w.facts.requests[w.records[operation].fact].command; f.appended.command != want {
		w.find(ruleMessageMismatch, w.ref(of), fmt.Sprintf("%s takes %s into its log", w.process(w.records[of].process), words.Printable(w.texts.of(f.appended.command))), words.Printable(w.texts.of(want))+", which its client wants", operation)
	}
}

// redirected looks at the answer of a server that does not lead.
func (w *walk) redirected(of int32, f *requestFact) {
	r := &w.records[of]
	leader, known := w.leaders[r.term]
	switch {
	case f.appended.index > 0:
		w.find(ruleAnswerWithoutEntry, w.ref(of), fmt.Sprintf("%s answers that it does not lead, and took the command into its log at index %d", w.process(r.process), f.appended.index), "OutcomeUnknown: the entry may be committed yet")
	case r.role == leads:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), w.process(r.process)+" leads, and answers that it does not", "another answer", leader)
	case f.leader != noProcess && !known:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s takes %s for the leader of term %d, in which no span leads", w.process(r.process), w.process(f.leader), r.term), "nobody")
	case f.leader != noProcess && w.records[leader].process != f.leader:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s takes %s for the leader of term %d", w.process(r.process), w.process(f.leader), r.term), w.process(w.records[leader].process)+", or nobody", leader)
	}
}

// compareOperations puts operations in the order of their calls, and those of a client that it began at one time in
// that of its steps.
func (j *Judge) compareOperations(a, b Operation) int {
	if order := cmp.Or(a.Call.Compare(b.Call), strings.Compare(a.Client, b.Client)); order != 0 {
		return order
	}
	step := func(op *Operation) uint32 { return j.origins[j.places.get(j.records, uint64(op.Span.ID))].step }
	return cmp.Or(cmp.Compare(step(&a), step(&b)), cmp.Compare(a.Span.ID, b.Span.ID))
}

// clients looks at what each client did: one operation after the other, in the order of their numbers. They are in the order of their calls.
func (j *Judge) clients() {
	latest := map[string]*Operation{}
	for i := range j.history {
		op := &j.history[i]
		before := latest[op.Client]
		latest[op.Client] = op
		if before == nil {
			continue
		}
		at, first := j.places.get(j.records, uint64(op.Span.ID)), j.places.get(j.records, uint64(before.Span.ID))
		switch {
		case later(before.Return.UnixNano(), op.Call.UnixNano()):
			j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("it begins before %s ends, at %s", words.Printable(before.Request), j.since(before.Return.UnixNano())), "one operation of a client after the other", first)
		case sequenceOf(op.Request) <= sequenceOf(before.Request):
			j.find(ruleMalformedValue, j.ref(at), fmt.Sprintf("kv.request.id is %s, after %s", words.Printable(op.Request), words.Printable(before.Request)), "a greater number than that of the client's operation before", first)
		}
	}
}

// sequenceOf is the number of an operation; 0 if its name has none.
func sequenceOf(request string) uint64 {
	_, number, _ := strings.Cut(request, "/")
	sequence, _ := strconv.ParseUint(number, 10, 64)
	return sequence
}

// answeredBy looks at a server's answer: that of the entry that it took into its log.
func (w *walk) answeredBy(of int32, f *requestFact) {
	if f.appended.index == 0 {
		w.find(ruleAnswerWithoutEntry, w.ref(of), fmt.Sprintf("%s answers %s, and took no entry into its log", w.process(w.records[of].process), words.Printable(w.texts.of(f.result))),
			"an event append, and the answer of that entry")
		return
	}
	if w.texts.of(f.result) == (protocol.ReplicationFailed{}).String() {
		w.find(ruleAnswerWithoutEntry, w.ref(of), fmt.Sprintf("%s answers that the command failed, which is in its log at index %d", w.process(w.records[of].process), f.appended.index),
			"OutcomeUnknown: whatever leader comes next may commit it yet")
		return
	}
	if f.appended.index > uint64(len(w.committed)) || w.committed[f.appended.index-1].of < 0 {
		w.find(ruleAnswerWithoutEntry, w.ref(of), fmt.Sprintf("it is answered, and no server applied index %d", f.appended.index), "an answer when the entry is applied")
		return
	}
	c := &w.committed[f.appended.index-1]
	if c.request != f.request || c.result != f.result {
		w.breaks(protocol.InvariantExactlyOnce, w.ref(of), fmt.Sprintf("%s is answered %s", words.Printable(w.texts.of(f.request)), words.Printable(w.texts.of(f.result))),
			fmt.Sprintf("%s, which its entry at index %d answered%s", words.Printable(w.texts.of(c.result)), f.appended.index, w.asked(c.request)), c.of)
	}
}

// toldClient compares the answer to a try with the answer that ends its operation.
func (w *walk) toldClient(of int32) {
	r := &w.records[of]
	above := r.above
	if above < 0 || !w.is(above, operations) {
		return
	}
	if o, try := &w.origins[above], &w.origins[of]; w.tells && o.endStep() != try.endStep() {
		w.find(ruleWrongStep, w.ref(above), fmt.Sprintf("it ends in step %d", o.endStep()), fmt.Sprintf("step %d, in which its client is answered", try.endStep()), of)
	}
	op, f := &w.facts.requests[w.records[above].fact], &w.facts.requests[r.fact]
	if op.result != f.result && w.records[above].is&(failed|unfinished) == 0 {
		w.find(ruleMessageMismatch, w.ref(above), "it ends with "+quotedOr(words.Printable(w.texts.of(op.result)), "nothing"), quotedOr(words.Printable(w.texts.of(f.result)), "nothing")+", as it was answered", of)
	}
}
