package explain

import (
	"fmt"
	"slices"
	"testing"
)

// A protocol says which words its questions have, what counts behind them, and how its servers are called.
func TestParse(t *testing.T) {
	t.Parallel()
	e := &Explainer{Trace: &Trace{protocol: &Protocol{
		Servers: []string{"replica"}, Asks: map[string]string{"leader": "ballot", "ballot": "ballot", "slot": "slot"},
	}}}
	for _, c := range []struct {
		question, is, numbers, server, request string
		strange                                []string
	}{
		{question: "leader ballot 2.1", is: "ballot", numbers: "map[ballot:2.1]"},
		{question: "leader 2.1", is: "ballot", numbers: "map[ballot:2.1]"},
		{question: "leader", is: "which ballot", numbers: "map[]"},
		{question: "leader ballot", is: "which ballot", numbers: "map[]"},
		{question: "slot 7 replica-2", is: "server slot", numbers: "map[slot:7]", server: "replica-2"},
		{question: "replica-2 slot 7", is: "server slot", numbers: "map[slot:7]", server: "replica-2"},
		{question: "slot 7", is: "slot", numbers: "map[slot:7]"},
		{question: "slot replica-2", is: "server which slot", numbers: "map[]", server: "replica-2"},
		{question: "client-2/3", is: "client", numbers: "map[]", request: "client-2/3"},
		{question: "client-2 3 slot 7", is: "client slot", numbers: "map[slot:7]", request: "client-2/3"},
		{question: "leader term 2", is: "which ballot", numbers: "map[]", strange: []string{"term"}},
		{question: "slot 7x node-1", is: "which slot", numbers: "map[]", strange: []string{"7x", "node-1"}},
		{question: "client-2", numbers: "map[]", strange: []string{"client-2"}},
		{question: "", numbers: "map[]"},
	} {
		q := e.parse(c.question)
		if q.For != c.is || fmt.Sprint(q.Numbers) != c.numbers || q.Server != c.server || q.request != c.request ||
			!slices.Equal(q.strange, c.strange) {
			t.Errorf("%q is taken apart as %+v, want %+v", c.question, q, c)
		}
	}
}
