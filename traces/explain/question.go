package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// QuestionError says that a question has no answer, and which similar one has.
type QuestionError struct {
	Message string
	Nearest string // empty where none is similar
	Alone   bool   // there is nothing similar to look for
}

// Error says what is wrong with the question.
func (q *QuestionError) Error() string { return q.Message }

// Explain answers a question: a span's id, `leader term 4`, `client-2 3`, or `index 7 node-3`. An error says what is
// wrong with the question, and is a
// QuestionError where a similar one has an answer; Questions are those that can be asked.
func (e *Explainer) Explain(question string) (*Explanation, error) {
	words := strings.Fields(strings.ReplaceAll(question, "/", " "))
	if len(words) == 1 {
		if s, err := e.find(words[0]); err != nil {
			return nil, err
		} else if s != nil {
			return e.explainSpan(s), nil
		}
	}
	var term, index, ordinal uint64
	var group, process string
	elected := false
	var strange []string // words that nothing can be made of
	for i := 0; i < len(words); i++ {
		number, isNumber := uint64(0), false
		if i+1 < len(words) {
			n, err := strconv.ParseUint(words[i+1], 10, 63)
			number, isNumber = n, err == nil
		}
		name, _ := traces.ProcessNumber(words[i])
		switch word := words[i]; {
		case (isElection(word) || word == "term") && isNumber:
			term = number
			i++
		case isElection(word) && group == "", word == "term" && i > 0 && isElection(words[i-1]):
			elected = true
		case word == "index" && isNumber:
			index = number
			i++
		case name == spans.ServiceClient && isNumber:
			process, ordinal, group = word, number, name
			i++
		case name == spans.ServiceNode:
			process, group = word, name
		default:
			strange = append(strange, word)
			if isNumber {
				i++ // which belongs to it
			}
		}
	}
	switch {
	case len(strange) > 0 || len(words) == 0:
		return nil, misunderstood(question, strange)
	case term > 0 && group == "" && index == 0:
		return e.explainTerm(int64(term))
	case ordinal > 0 && term == 0 && index == 0:
		return e.explainOperation(process + "/" + strconv.FormatUint(ordinal, 10))
	case index > 0 && term == 0 && group == spans.ServiceNode:
		return e.explainEntry(int64(index), process)
	case elected && term == 0 && group == "" && index == 0:
		return nil, e.whichTerm(question)
	case index > 0 && group == "" && term == 0:
		return nil, fmt.Errorf("cannot tell what %q asks: of which server it does not say", question)
	case group == spans.ServiceNode && len(words) == 1:
		return nil, fmt.Errorf("cannot tell what %q asks: which index of %s it does not say", question, process)
	}
	return nil, misunderstood(question, nil)
}

// misunderstood says of a question what cannot be made sense of in it, and what can be asked.
func misunderstood(question string, strange []string) error {
	said := fmt.Sprintf("cannot tell what %q asks", question)
	if len(strange) > 0 && len(strange) < len(strings.Fields(question)) {
		for i := range strange {
			strange[i] = strconv.Quote(strange[i])
		}
		said += ": nothing can be made of " + words.AndList(strange)
	}
	return fmt.Errorf("%s; ask for a span by %d digits of its id or more, leader term N, client-N N, or index N "+
		"node-N, each counted from 1", said, leastDigits)
}

// Questions are the questions that have an answer, but for the ids of spans; at most so many of those about entries
// of logs.
func (e *Explainer) Questions(entries int) []string {
	var list []string
	last := int64(0)
	for _, s := range e.elections {
		if term := termOf(s); term > last {
			list = append(list, termQuestion(term))
			last = term
		}
	}
	requests := make([]string, 0, len(e.operations))
	for request := range e.operations {
		requests = append(requests, strings.ReplaceAll(request, "/", " "))
	}
	slices.SortFunc(requests, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	list = append(list, requests...)
	for _, node := range e.nodes {
		if entries <= 0 {
			break
		}
		last := e.lastIndex(node)
		for index := int64(1); index <= last && entries > 0; index++ {
			list = append(list, fmt.Sprintf("index %d %s", index, node))
			entries--
		}
	}
	return list
}

// leastDigits is how much of a span's id a question has to have.
const leastDigits = 6

// find is the span that a word names by its id, or by the beginning of it if no other begins so; nil if the word
// looks like no id.
func (e *Explainer) find(word string) (*traces.Span, error) {
	digits := strings.ToLower(word)
	if _, ok := traces.Hex([]byte(digits)); !ok || len(digits) < leastDigits || len(digits) > 16 {
		return nil, nil // it is a question of another kind then
	}
	if len(digits) == 16 {
		id, _ := strconv.ParseUint(digits, 16, 64)
		if i := e.ByID.Get(world.CausalID(id)); i >= 0 {
			return e.span(i), nil
		}
	}
	var found *traces.Span
	for i := range e.List {
		if id := e.List[i].Id; strings.HasPrefix(id.String(), digits) {
			if found != nil && found.ID != id {
				return nil, fmt.Errorf("two spans' ids begin with %s: %s and %s", word, found.ID, id)
			}
			found = e.span(int32(i))
		}
	}
	if found == nil {
		return nil, &QuestionError{Message: fmt.Sprintf("no span of this run has the id %s: copy one from the story, or "+
			"from Jaeger", word), Nearest: e.mistyped(digits), Alone: true}
	}
	return found, nil
}

// mistyped is the id that is written so but for one or two digits.
func (e *Explainer) mistyped(digits string) string {
	const most = 2
	nearest, least := "", most+1
	for i := range e.List {
		id, wrong := e.List[i].Id.String(), 0
		for k := range digits {
			if digits[k] != id[k] {
				wrong++
			}
		}
		if wrong < least {
			nearest, least = id, wrong
		}
	}
	return nearest
}
