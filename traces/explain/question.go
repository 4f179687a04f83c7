package explain

import (
	"fmt"
	"regexp"
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

// Asked is a question taken apart.
type Asked struct {
	Question string
	For      string            // the list of what it has, see parse
	Numbers  map[string]string // by what they are of: a term, a ballot
	Server   string
	Span     *span.Span // that it is about; nil for a question in words

	request string   // the client's operation: client-2/3
	strange []string // words that nothing can be made of
}

// number is how a number begins that a protocol counts by: 7, or 2.1.
var number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// parse takes a question apart. What it is for is the list of what it has, in the order of the alphabet: "server",
// "client" for an operation, "term" for the number of one, and "which term" if there is none behind the word.
func (e *Explainer) parse(question string) *Asked {
	list := strings.Fields(inWords(question))
	q := &Asked{Question: question, Numbers: map[string]string{}}
	var has []string
	for i := 0; i < len(list); i++ {
		word, next := list[i], ""
		if i+1 < len(list) && number.MatchString(list[i+1]) {
			next = list[i+1]
		}
		of := e.protocol.Asks[word]
		switch group, n := index.ProcessNumber(word); {
		case of != "" && next == "":
			has = append(has, "which "+of)
			continue
		case of != "":
			q.Numbers[of] = next
			has = append(has, of)
		case group == kvspans.ServiceClient && next != "":
			q.request = word + "/" + next
			has = append(has, "client")
		case slices.Contains(e.protocol.Servers, group) && n > 0:
			q.Server = word
			has = append(has, "server")
			continue
		default:
			q.strange = append(q.strange, word)
		}
		if next != "" {
			i++ // it belongs to the word
		}
	}
	has = slices.DeleteFunc(has, func(what string) bool {
		of, is := strings.CutPrefix(what, "which ")
		return is && q.Numbers[of] != "" // leader term 2
	})
	slices.Sort(has)
	q.For = strings.Join(slices.Compact(has), " ")
	return q
}

// inWords is a question about an operation that is written as its request is: client-2 3 for client-2/3.
func inWords(question string) string { return strings.ReplaceAll(question, "/", " ") }

// misunderstood says of a question what cannot be made sense of in it, and what can be asked.
func (e *Explainer) misunderstood(q *Asked) error {
	said := fmt.Sprintf("cannot tell what %q asks", q.Question)
	if len(q.strange) > 0 && len(q.strange) < len(strings.Fields(q.Question)) {
		for i := range q.strange {
			q.strange[i] = strconv.Quote(q.strange[i])
		}
		said += ": nothing can be made of " + words.AndList(q.strange)
	}
	return fmt.Errorf("%s; ask for a span by %d digits of its id or more, %s, each counted from 1", said, leastDigits,
		e.protocol.Questions)
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
func (e *Explainer) mistyped(digits string) (nearest string) {
	least := 3
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
