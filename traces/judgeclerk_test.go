package traces_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/traces"
)

// attributeText is an attribute as OTLPFile writes it, of a number, a text, a truth or a list, behind which there is another.
var attributeText = regexp.MustCompile(`\{"key":"([^"]+)","value":\{"(?:intValue":"(\d+)"|stringValue":"([^"]*)"|boolValue":(true|false)|arrayValue":\{"values":\[((?:\{"stringValue":"[^"]*"\},?)+)\]\})\}\},`)

// A clerk looks only at what is not as in the span before. Attributes are made others here, one of each key in a file, in spans that stand among others like them: what is found of
// them has to be what is found by looking at each span as a whole, whatever else of the span the attribute has to fit with.
func TestClerkAsWhole(t *testing.T) {
	const perKey = 16
	var written bytes.Buffer
	record(t, rough(), traces.NewOTLPFile(&written))
	file := written.Bytes()
	byKey := map[string][]valueAt{}
	for _, at := range attributeText.FindAllSubmatchIndex(file, -1) {
		key := string(file[at[2]:at[3]])
		byKey[key] = append(byKey[key], valueAt{at, byKey[key]})
	}
	if len(byKey) < 40 {
		t.Fatalf("the file has %d keys: too few for this test", len(byKey))
	}
	found := map[string]int{}
	for n := range perKey {
		var which []valueAt
		for _, all := range byKey {
			which = append(which, all[n*len(all)/perKey])
		}
		slices.SortFunc(which, func(a, b valueAt) int { return cmp.Compare(a.at[0], b.at[0]) })
		for kind, change := range changesOfAttributes {
			var mutated []byte
			from := 0
			for _, v := range which {
				mutated = append(append(mutated, file[from:v.at[0]]...), change(file, v)...)
				from = v.at[1]
			}
			asOneByOne(t, fmt.Sprintf("%s of the %d/%dth of each key", kind, n, perKey), append(mutated, file[from:]...), found)
		}
	}
	if len(found) < 10 {
		t.Errorf("findings of %d kinds only, %v: this compares little", len(found), found)
	}
}

// The same for what fits together in a span, each in spans that are like the one before them but for that.
func TestClerkAsWholeSpans(t *testing.T) {
	var written bytes.Buffer
	record(t, rough(), traces.NewOTLPFile(&written))
	file := bytes.Join(spansAlone(t, written.Bytes()), []byte("\n"))
	for _, each := range []struct {
		name          string
		every         int // of the places that fit
		from, to      string
		asWrittenLine bool // many spans a line
	}{
		{name: "an error without a type", every: 40, from: `"status":\{\}`, to: `"status":{"code":2}`},
		{name: "an error with an empty type", every: 2, from: `("error.type","value":\{"stringValue":")[^"]+`, to: `${1}`},
		{name: "an end before its start", every: 40, from: `"endTimeUnixNano":"\d+"`, to: `"endTimeUnixNano":"7"`},
		{name: "a span of another process", every: 40, from: `"stringValue":"node-1"`, to: `"stringValue":"node-2"`},
		{name: "a name of another span", every: 5, from: `"name":"raft.apply"`, to: `"name":"raft.commit"`},
		{name: "a name behind the rest", every: 1, from: `("name":"[^"]*"),(.*?"status":\{\})`, to: `${2},${1}`},
		{name: "another run", every: 40, from: `"traceId":"...(.{29}","spanId":"[^"]*","parent)`, to: `"traceId":"abc${1}`, asWrittenLine: true},
		{name: "a link to another run", every: 3, from: `("links":\[\{"traceId":")...`, to: `${1}abc`},
		{name: "another reply", every: 5, from: `AppendEntriesOk`, to: `AppendEntriesRejected`},
		{name: "the operation of another client", every: 3, from: `("kv.request.id","value":\{"stringValue":")client-1`, to: `${1}client-2`},
		{name: "entries of an earlier term than the one before them", every: 3, from: `("raft.prev_log.term","value":\{"intValue":")\d+`, to: `${1}9`},
		{name: "attributes that come twice, and are not as they were before", every: 20, from: `("attributes":\[\{"key":"r[^\n]*?"raft.term","value":\{"intValue":")\d+([^\n]*?\}\}\])`, to: `${1}77${2},${1}77${2}`},
	} {
		before := file
		if each.asWrittenLine {
			before = written.Bytes()
		}
		from := regexp.MustCompile(each.from)
		n := 0
		mutated := from.ReplaceAllFunc(before, func(is []byte) []byte {
			if n++; n%each.every != 0 {
				return is
			}
			return from.ReplaceAll(is, []byte(each.to))
		})
		found := map[string]int{}
		asOneByOne(t, each.name, mutated, found)
		if bytes.Equal(before, mutated) || len(found) == 0 && each.every > 1 {
			t.Errorf("%s: in %d places, of which findings of %d kinds came", each.name, n/each.every, len(found))
		}
	}
}

// ownSpan is the line of a run's own span: without it a file is taken for a part of a run.
const ownSpan = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"world"}}]},"scopeSpans":[{"spans":[{"traceId":"000000000000000100000000000fffff","spanId":"00000000000fffff","name":"raftkv.run","kind":1,` +
	`"startTimeUnixNano":"1","endTimeUnixNano":"1","attributes":[{"key":"raftkv.config","value":{"stringValue":"c"}},{"key":"raftkv.build","value":{"stringValue":"b"}},` +
	`{"key":"raftkv.scenario","value":{"stringValue":"s"}},{"key":"raftkv.seed","value":{"intValue":"1"}}],"status":{}}]}]}]}` + "\n"

// A clerk that was told very many texts begins anew, and nothing takes one for another.
func TestClerkManyTexts(t *testing.T) {
	const many, clashes, perLine = 40_000, 70, 500
	var file bytes.Buffer
	file.WriteString(ownSpan)
	for node := 1; node <= 2; node++ {
		for index := 1; index <= many; index++ {
			if index%perLine == 1 {
				fmt.Fprintf(&file, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"node-%d"}}]},"scopeSpans":[{"spans":[`, node)
			}
			command := fmt.Sprintf("put k %d", index)
			if index > many-clashes && node == 2 {
				command += " of another"
			}
			fmt.Fprintf(&file, `{"traceId":"%016x%016[1]x","spanId":"%016x","name":"raft.apply","kind":1,"startTimeUnixNano":"%d","endTimeUnixNano":"%[3]d","attributes":[`, 1, node*many+index, 1000*index+node)
			fmt.Fprintf(&file, `{"key":"raft.node.id","value":{"stringValue":"node-%d"}},{"key":"raft.term","value":{"intValue":"1"}},{"key":"raft.role","value":{"stringValue":"leader"}},`, node)
			fmt.Fprintf(&file, `{"key":"raft.index","value":{"intValue":"%d"}},{"key":"raft.entry.term","value":{"intValue":"1"}},{"key":"raft.command","value":{"stringValue":"%s"}},`, index, command)
			file.WriteString(`{"key":"kv.result","value":{"stringValue":"ok"}}],"status":{}}`)
			if index%perLine == 0 {
				file.WriteString("]}]}]}\n")
			} else {
				file.WriteString(",")
			}
		}
	}
	report, err := judgedAhead(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Counts[string(protocol.InvariantStateMachineSafety)]; got != clashes {
		t.Errorf("%d clashes were found where there are %d", got, clashes)
	}
	if report.Counts["unknown_attribute"]+report.Counts["required_attribute_not_present"] > 0 {
		t.Errorf("spans that do not conform are not read by clerks: %v", report.Counts)
	}
	asOneByOne(t, "many texts", file.Bytes(), map[string]int{})
}

// asOneByOne compares what clerks make of a file with what comes of looking at each span as a whole, and counts which findings there were.
func asOneByOne(t *testing.T, name string, file []byte, found map[string]int) {
	t.Helper()
	want, wantErr := judgedOneByOne(file)
	got, err := judgedAhead(file)
	if wantErr != nil || err != nil {
		t.Fatalf("%s: %v, %v", name, wantErr, err)
	}
	if diff := gocmp.Diff(want, got, cmpopts.IgnoreUnexported(traces.SpanRef{})); diff != "" {
		t.Errorf("%s: -one by one, +by a clerk:\n%s", name, diff)
	}
	for id := range want.Counts {
		found[id]++
	}
}

// valueAt is where an attribute stands in a file.
type valueAt struct {
	at     []int     // as attributeText finds it
	before []valueAt // those of the same key
}

// changesOfAttributes make an attribute another.
var changesOfAttributes = map[string]func(file []byte, v valueAt) []byte{
	"another value": func(file []byte, v valueAt) []byte {
		return v.with(file, "3", "node-2", "false", `{"stringValue":"7@1 noop"}`)
	},
	"a wrong value": func(file []byte, v valueAt) []byte {
		return v.with(file, "-4", "x", "true", `{"stringValue":"node-9"}`)
	},
	"an empty value":    func(file []byte, v valueAt) []byte { return v.with(file, "0", "", "false", ``) },
	"twice":             func(file []byte, v valueAt) []byte { return bytes.Repeat(file[v.at[0]:v.at[1]], 2) },
	"not at all":        func([]byte, valueAt) []byte { return nil },
	"as another has it": asAnother,
}

func (v valueAt) with(file []byte, values ...string) []byte {
	for group, value := range values {
		if from, to := v.at[2*group+4], v.at[2*group+5]; from >= 0 {
			return bytes.Join([][]byte{file[v.at[0]:from], []byte(value), file[to:v.at[1]]}, nil)
		}
	}
	panic("an attribute of another type: " + string(file[v.at[0]:v.at[1]]))
}

// asAnother gives an attribute the last value before it that is another.
func asAnother(file []byte, v valueAt) []byte {
	is := file[v.at[0]:v.at[1]]
	for _, other := range slices.Backward(v.before) {
		if was := file[other.at[0]:other.at[1]]; !bytes.Equal(was, is) {
			return was
		}
	}
	return is
}

// More processes and kinds of spans than are remembered are only read more slowly.
func TestClerkManyKinds(t *testing.T) {
	const nodes = 300 // of four kinds each
	var file bytes.Buffer
	id := 0
	for round := range 3 {
		for node := range nodes {
			service := fmt.Sprintf("node-%d", node+1)
			span := func(name, attributes string) string {
				id++
				role := "follower"
				if id%97 == 0 {
					role = "nobody"
				}
				return oddSpan(id, fmt.Sprintf(`"name":%q,"kind":1`, name), fmt.Sprintf(`"attributes":[{"key":"raft.node.id","value":{"stringValue":%q}},{"key":"raft.term","value":{"intValue":"%d"}},`+
					`{"key":"raft.role","value":{"stringValue":%q}}%s],"status":{}`, service, round, role, attributes))
			}
			file.WriteString(oddLineOf(service, span("raft.start", ""), span("raft.heartbeat", fmt.Sprintf(`,{"key":"raft.heartbeat","value":{"intValue":"%d"}}`, node)),
				span("raft.commit", fmt.Sprintf(`,{"key":"raft.commit.from","value":{"intValue":"%d"}},{"key":"raft.commit.to","value":{"intValue":"1"}}`, round)), span("raft.set_peers", "")))
		}
	}
	report := clerksAsWhole(t, "many kinds", file.Bytes())
	if got := report.Counts["undefined_enum_variant"]; report.Processes != nodes || got != id/97 {
		t.Errorf("%d wrong roles in %d processes; want %d in %d", got, report.Processes, id/97, nodes)
	}
}

// The names that a span of another run tells, more than anybody has, change nothing of what is found in this one.
func TestClerkManyProcesses(t *testing.T) {
	var names []byte
	for i := range 1<<16 + 100 {
		names = fmt.Appendf(names, `{"stringValue":"x-%d"},`, i)
	}
	other := oddLine(oddSpan(1, `"name":"raft.commit","kind":1`, `"attributes":[{"key":"raft.commit.acknowledged_by","value":{"arrayValue":{"values":[`+string(names)+`{"stringValue":"x"}]}}}]`))
	alone := spansAlone(t, recordFile(t, rough()))
	want := clerksAsWhole(t, "as it was", bytes.Join(alone, newline))
	got := clerksAsWhole(t, "with many names", slices.Concat(alone[0], newline, []byte(other), bytes.Join(alone[1:], newline)))
	if got.Processes != want.Processes || got.Counts["mixed_runs"] != 1 || len(got.Counts) != len(want.Counts)+1 {
		t.Errorf("%d processes and %v are found; want %d processes, and but for a span of another run %v", got.Processes, got.Counts, want.Processes, want.Counts)
	}
}

// manyLongTexts is a hundred megabytes of them.
const manyLongTexts = 400

// longTexts are lines of one span each, with texts that nothing is kept of: they are of another run than the first.
type longTexts struct {
	lines int
	rest  []byte
	inUse uint64 // at the end
}

func (f *longTexts) Read(p []byte) (n int, err error) {
	if len(f.rest) == 0 && f.lines == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		f.inUse = m.HeapAlloc
		return 0, io.EOF
	}
	if len(f.rest) == 0 {
		text := strings.Repeat(fmt.Sprintf("%08d", f.lines), 1<<15)
		line := oddLine(oddSpan(1, `"name":"raft.apply","kind":1`, `"attributes":[{"key":"raft.command","value":{"stringValue":"`+text+`"}}]`))
		f.rest = []byte(strings.Replace(line, `"traceId":"0`, fmt.Sprintf(`"traceId":"%x`, min(f.lines/manyLongTexts, 1)), 1))
		f.lines--
	}
	n = copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// A clerk remembers no more of long texts than of short ones.
func TestClerkLongTexts(t *testing.T) {
	const bound = 40 << 20
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	file := &longTexts{lines: manyLongTexts}
	if err := traces.NewJudge().Read(t.Context(), traces.NewReader("trace", file)); err != nil {
		t.Fatal(err)
	}
	if file.inUse > bound {
		t.Errorf("%d MiB are in use", file.inUse>>20)
	}
}

// A span may have another name behind the one that it has first. What its attributes are is then no help with the next span of the first name.
func TestClerkNameBehindAnother(t *testing.T) {
	tried := 0
	for _, line := range spansAlone(t, recordFile(t, rough())) {
		if !bytes.Contains(line, []byte(`"name":"raft.Raft/RequestVote","kind":3`)) || !bytes.Contains(line, []byte("VoteGranted")) {
			continue
		}
		tried++
		second := bytes.ReplaceAll(line, []byte("VoteGranted"), []byte("AppendEntriesOk"))
		first := bytes.Replace(second, []byte(`"attributes":[{"key":"raft.node.id"`), []byte(`"name":"raft.Raft/AppendEntries","attributes":[{"key":"raft.node.id"`), 1)
		first = bytes.Replace(first, []byte(`"spanId":"`), []byte(`"spanId":"a`), 1)
		first = regexp.MustCompile(`"spanId":"a(.{15}).`).ReplaceAll(first, []byte(`"spanId":"a$1`))
		clerksAsWhole(t, string(line), slices.Concat(first, newline, second, newline))
	}
	if tried == 0 {
		t.Error("no vote is granted: this looks at nothing")
	}
}

// What is excused of a span that was not at its end when the run ended is not of the next one that was.
func TestClerkUnfinished(t *testing.T) {
	const unfinished = `{"key":"raft.unfinished","value":{"boolValue":true}}`
	tried := 0
	for _, line := range spansAlone(t, recordFile(t, rough())) {
		if !bytes.Contains(line, []byte(unfinished)) {
			continue
		}
		tried++
		second := bytes.Replace(line, []byte(unfinished), []byte(`{"key":"raft.unfinished","value":{"boolValue":false}}`), 1)
		second = regexp.MustCompile(`"spanId":"(.{15}).`).ReplaceAll(second, []byte(`"spanId":"a$1`))
		clerksAsWhole(t, string(line), slices.Concat(line, newline, second, newline))
	}
	if tried == 0 {
		t.Error("no span is unfinished: this looks at nothing")
	}
}

// The history is in the order of time, each operation with its span and when that began, and is the same before the report as in it.
func TestHistoryBeforeTheReport(t *testing.T) {
	j := traces.NewJudge()
	if err := j.Read(t.Context(), traces.NewReader("trace", bytes.NewReader(recordFile(t, rough())))); err != nil {
		t.Fatal(err)
	}
	history, epoch := j.History()
	if len(history) < 2 {
		t.Fatalf("%d operations are too few for this test", len(history))
	}
	for i, op := range history {
		if want := op.Call.Sub(epoch); op.Span.At != want {
			t.Errorf("%s begins at %s, and its span at %s", op.Request, want, op.Span.At)
		}
		if i > 0 && op.Call.Before(history[i-1].Call) {
			t.Errorf("%s, of %s, comes behind %s", op.Request, op.Call, history[i-1].Call)
		}
	}
	report := j.Report()
	if diff := gocmp.Diff(history, report.History, cmpopts.IgnoreUnexported(traces.SpanRef{})); diff != "" || !report.Epoch.Equal(epoch) {
		t.Errorf("it began at %s, and %s in the report; -before, +in the report:\n%s", epoch, report.Epoch, diff)
	}
}
