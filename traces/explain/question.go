package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
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

// Asked is a question taken apart. What it asks for is the list of what it has: "term" and "index" if there are
// numbers behind such words, "which term" if there is none behind one, "server", and "client" for an operation.
type Asked struct {
	Question string
	For      string            // what it has, in the order of the alphabet, with spaces between
	Numbers  map[string]uint64 // by what they are of: a term
	Server   string
	Client   string
	Ordinal  uint64 // of the client's operation
	Alone    bool   // it is one word

	strange []string // words that nothing can be made of
}

// Explain answers a question: a span's id, an operation such as `client-2 3`, or one of the protocol's. An error says
// what is wrong with the question, and is a QuestionError where a similar one has an answer; Questions are those that
// can be asked.
func (e *Explainer) Explain(question string) (*Explanation, error) {
	list := strings.Fields(strings.ReplaceAll(question, "/", " "))
	if len(list) == 1 {
		if s, err := e.named(list[0]); err != nil {
			return nil, err
		} else if s != nil {
			return e.explainSpan(s)
		}
	}
	q := e.parse(question, list)
	if len(q.strange) > 0 || len(list) == 0 {
		return nil, e.misunderstood(question, q.strange)
	}
	if q.For == "client" {
		return e.explainOperation(q.Client + "/" + strconv.FormatUint(q.Ordinal, 10))
	}
	x, err := e.answers.Ask(q)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, e.misunderstood(question, nil)
	}
	return e.finish(x), nil
}

func (e *Explainer) parse(question string, list []string) *Asked {
	q := &Asked{Question: question, Numbers: map[string]uint64{}, Alone: len(list) == 1}
	has, without := map[string]bool{}, ""
	for i := 0; i < len(list); i++ {
		word, number, isNumber := list[i], uint64(0), false
		if i+1 < len(list) {
			n, err := strconv.ParseUint(list[i+1], 10, 63)
			number, isNumber = n, err == nil
		}
		group, _ := index.ProcessNumber(word)
		of, before := e.protocol.Numbers[word], e.protocol.Numbers[list[max(0, i-1)]]
		switch {
		case of != "" && isNumber:
			q.Numbers[of] = number
			has[of], has["nothing"] = number > 0, number == 0
			i++
		case of != "" && (of != word && q.Server == "" && q.Client == "" || i > 0 && list[i-1] != of && before == of):
			without = of // election, or election term
		case group == kvspans.ServiceClient && isNumber:
			q.Client, q.Ordinal = word, number
			has["client"], has["nothing"] = true, number == 0
			i++
		case group == kvspans.ServiceNode:
			q.Server = word
			has["server"] = true
		default:
			q.strange = append(q.strange, word)
			if isNumber {
				i++ // which belongs to it
			}
		}
	}
	if without != "" && !has[without] {
		has["which "+without] = true
	}
	maps.DeleteFunc(has, func(_ string, is bool) bool { return !is })
	q.For = strings.Join(slices.Sorted(maps.Keys(has)), " ")
	return q
}

// misunderstood says of a question what cannot be made sense of in it, and what can be asked.
func (e *Explainer) misunderstood(question string, strange []string) error {
	said := fmt.Sprintf("cannot tell what %q asks", question)
	if len(strange) > 0 && len(strange) < len(strings.Fields(question)) {
		for i := range strange {
			strange[i] = strconv.Quote(strange[i])
		}
		said += ": nothing can be made of " + words.AndList(strange)
	}
	return fmt.Errorf("%s; ask for a span by %d digits of its id or more, %s, each counted from 1", said, leastDigits,
		e.protocol.Questions)
}

// Questions are the questions that have an answer, but for the ids of spans; of some kinds at most so many.
func (e *Explainer) Questions(most int) []string {
	first, after := e.answers.Questions(most)
	requests := make([]string, 0, len(e.operations))
	for request := range e.operations {
		requests = append(requests, strings.ReplaceAll(request, "/", " "))
	}
	slices.SortFunc(requests, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return slices.Concat(first, requests, after)
}

// leastDigits is how much of a span's id a question has to have.
const leastDigits = 6

// named is the span that a word names by its id, or by the beginning of it if no other begins so; nil if the word
// looks like no id.
func (e *Explainer) named(word string) (*span.Span, error) {
	digits := strings.ToLower(word)
	id, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || len(digits) < leastDigits || len(digits) > 16 {
		return nil, nil // it is a question of another kind then
	}
	if s := e.find(world.CausalID(id)); s != nil && len(digits) == 16 {
		return s, nil
	}
	var found *span.Span
	for i := range int32(e.all.Len()) {
		if id := e.all.Entry(i).ID; strings.HasPrefix(id.String(), digits) {
			if found != nil && found.ID != id {
				return nil, fmt.Errorf("two spans' ids begin with %s: %s and %s", word, found.ID, id)
			}
			found = e.span(i)
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
	for i := range int32(e.all.Len()) {
		id, wrong := e.all.Entry(i).ID.String(), 0
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
