package traces

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/words"
)

// specShape is what the spec says of a span, made ready to be asked.
type specShape struct {
	*spans.Spec

	number     int
	list       factList
	attributes attributeShapes
	parents    shapeSet
	links      shapeSet
	Events     map[string]*eventShape
	sayings    []says
	sends      bool // a message
	receives   bool
}

// eventShape is the same for an event.
type eventShape struct {
	Spec       spans.EventSpec
	attributes attributeShapes
}

// attributeShapes are the attributes that a span or an event may have.
type attributeShapes struct {
	specs    []spans.AttributeSpec
	places   []uint8 // by the numbers of keys: the place in specs plus one
	required keySet
	answered keySet // required of what was answered
	of       []attributeOf
}

// attributeOf is an attribute of a span of the spec.
type attributeOf struct {
	shape *specShape
	spec  *spans.AttributeSpec
	key   uint8 // its number
}

// shapeSet are spans of the spec, by their numbers.
type shapeSet uint64

func (s shapeSet) has(number int) bool { return s&(1<<number) != 0 }

// The spans that a judge asks for, by what they are.
var (
	starts       = shapesOf(spans.StartID)
	faults       = shapesOf(spans.FaultID)
	violations   = shapesOf(spans.ViolationID)
	elections    = shapesOf(spans.ElectionID)
	roleChanges  = shapesOf(spans.RoleChangeID)
	heartbeats   = shapesOf(spans.HeartbeatID)
	commits      = shapesOf(spans.CommitID)
	applies      = shapesOf(spans.ApplyID)
	peersSet     = shapesOf(spans.SetPeersID)
	voteCalls    = shapesOf(spans.RequestVoteClientID)
	votesAsked   = shapesOf(spans.RequestVoteServerID)
	entriesSent  = shapesOf(spans.AppendEntriesClientID)
	entriesTaken = shapesOf(spans.AppendEntriesServerID)
	repliesLate  = shapesOf(spans.LateReplyID)
	notices      = shapesOf(spans.CommitNotificationProducerID)
	noticesHeard = shapesOf(spans.CommitNotificationConsumerID)
	turnsTaken   = shapesOf(spans.TurnConsumerID)
	operations   = shapesOf(spans.KVPutID, spans.KVGetID, spans.KVDeleteID)
	tries        = shapesOf(spans.PutClientID, spans.GetClientID, spans.DeleteClientID)
	requests     = shapesOf(spans.PutServerID, spans.GetServerID, spans.DeleteServerID)
)

func shapesOf(ids ...string) (set shapeSet) {
	for number, spec := range spans.AllSpecs() {
		if slices.Contains(ids, spec.ID) {
			set |= 1 << number
		}
	}
	return set
}

// keySet are keys of attributes, by their numbers.
type keySet [4]uint64

func (s *keySet) add(number int) (already bool) {
	word, bit := &s[number/64], uint64(1)<<(number%64)
	already = *word&bit != 0
	*word |= bit
	return already
}

func (s *keySet) has(number int) bool { return s[number/64]&(1<<(number%64)) != 0 }

func (s *keySet) hasAll(others *keySet) bool {
	for i := range s {
		if others[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

// specShapes are the spans of the spec.
type specShapes struct {
	Shapes   map[SpanShape]*specShape
	names    map[string][]*specShape
	named    []*specShape // those whose names go on with values of attributes
	byNumber []*specShape
	byID     map[string]*specShape
	keys     map[string]int // of all attributes there are, each with a number
}

// TheSpec is all that the spec declares, made ready once: it takes longer than to judge a small trace.
var TheSpec = sync.OnceValue(newSpecShapes)

func newSpecShapes() specShapes {
	all := specShapes{Shapes: map[SpanShape]*specShape{}, names: map[string][]*specShape{}, byID: map[string]*specShape{}, keys: map[string]int{}}
	for i, spec := range spans.AllSpecs() {
		s := all.newSpecShape(i, &spec)
		all.Shapes[SpanShape{spec.Name, spec.Kind}] = s
		all.names[spec.Name] = append(all.names[spec.Name], s)
		all.byNumber, all.byID[spec.ID] = append(all.byNumber, s), s
		if len(spec.NamedAfter) > 0 {
			all.named = append(all.named, s)
		}
	}
	return all
}

// declared is the span of the spec that a span of a name and a kind is; nil for none. Where a name goes on with values
// of attributes, its first word decides.
func (all *specShapes) declared(name string, kind trace.SpanKind) *specShape {
	if s := all.Shapes[SpanShape{name, kind}]; s != nil {
		return s
	}
	for _, s := range all.named {
		if rest, is := strings.CutPrefix(name, s.Name); is && rest[0] == ' ' && s.Kind == kind {
			return s
		}
	}
	return nil
}

func (all *specShapes) newSpecShape(number int, spec *spans.Spec) *specShape {
	s := &specShape{Spec: spec, number: number, list: lists[spec.ID], Events: map[string]*eventShape{}, sayings: sayings[spec.ID]}
	switch spec.ID {
	case spans.RequestVoteClientID, spans.AppendEntriesClientID, spans.PutClientID, spans.GetClientID, spans.DeleteClientID, spans.CommitNotificationProducerID, spans.TurnProducerID:
		s.sends = true
	case spans.RequestVoteServerID, spans.AppendEntriesServerID, spans.PutServerID, spans.GetServerID, spans.DeleteServerID, spans.CommitNotificationConsumerID, spans.TurnConsumerID:
		s.receives = true
	}
	s.attributes = all.number(spec.Attributes)
	for i := range spec.Attributes {
		a := &spec.Attributes[i]
		s.attributes.of = append(s.attributes.of, attributeOf{s, a, uint8(all.keys[string(a.Key)])})
	}
	for i, other := range spans.AllSpecs() {
		if slices.Contains(spec.Parents, other.ID) {
			s.parents |= 1 << i
		}
		for _, link := range spec.Links {
			if link.To == other.ID {
				s.links |= 1 << i
			}
		}
	}
	for _, e := range spec.Events {
		s.Events[e.Name] = &eventShape{Spec: e, attributes: all.number(e.Attributes)}
	}
	return s
}

// number gives the keys of attributes their numbers, and finds these attributes by them.
func (all *specShapes) number(attributes []spans.AttributeSpec) attributeShapes {
	shapes := attributeShapes{specs: attributes, places: make([]uint8, 256)}
	for i := range attributes {
		key := string(attributes[i].Key)
		n, ok := all.keys[key]
		if !ok {
			n = len(all.keys)
			all.keys[key] = n
		}
		shapes.places[n] = uint8(i + 1)
		switch attributes[i].Level {
		case span.Required:
			shapes.required.add(n)
		case span.Answered:
			shapes.answered.add(n)
		case span.Optional:
		}
	}
	return shapes
}

// note says of an attribute of a span whether it is as the spec wants it, as far as it does by itself. The note may be that of one of the same key and of a span of the same name.
func (all *specShapes) note(s *Span, a *attribute.KeyValue, n *note) {
	of := n.of
	if of == nil {
		shape := all.declared(s.Name, s.Kind)
		key, known := all.keys[string(a.Key)]
		if shape == nil || !known || shape.attributes.places[key] == 0 {
			n.sound = false
			return
		}
		of = &shape.attributes.of[shape.attributes.places[key]-1]
		n.of = of
	}
	if a.Value.Type() == attribute.INT64 && a.Value.AsInt64() >= 0 { // such as most are
		n.sound = of.spec.Type == attribute.INT64 && Malformed(of.shape.ID, a) == ""
		return
	}
	n.sound = isOf(a.Value, of.spec.Type) && isVariant(a.Value, of.spec) && Malformed(of.shape.ID, a) == "" && RepliesTo(of.shape.ID, a)
}

// unknown finds that the spec has no such span.
func (j *Judge) unknown(s *Span, line int) {
	first, _, _ := strings.Cut(s.Name, " ")
	named := j.names[first]
	if len(named) == 0 {
		names := make([]string, 0, len(j.names))
		for name := range j.names {
			names = append(names, name)
		}
		slices.Sort(names)
		j.find(ruleUnknownSpan, j.refOf(s, line), "the spec has no span "+words.Printable(s.Name), "a name of the spec; the nearest is "+words.Nearest(s.Name, names))
		return
	}
	var kinds []string
	for _, shape := range named {
		kinds = append(kinds, shape.Kind.String())
	}
	j.find(ruleWrongKind, j.refOf(s, line), "its kind is "+s.Kind.String(), strings.Join(kinds, " or "))
}

// conform looks at a span by itself. Of its attributes may be known what they are by themselves.
func (j *Judge) conform(s *Span, shape *specShape, line int, notes []note) {
	ref := j.refOf(s, line)
	excused := s.Attribute(spans.ErrorTypeKey).AsString() != "" || s.Attribute(spans.RaftUnfinishedKey).AsBool()
	j.attributes(ref, "", s.Attributes, &shape.attributes, excused, notes)
	j.events(s, shape, ref)
	if s.End.Before(s.Start) {
		j.find(ruleWrongTime, ref, fmt.Sprintf("it ends %s before it starts", words.Milliseconds(s.Start.Sub(s.End))), "an end at its start or after it")
	}
	j.service(s, shape, ref)
	j.name(s, shape, ref)
	j.status(s, ref)
	j.values(s, shape, ref, notes)
}

// name compares a name that goes on with values of attributes with them.
func (j *Judge) name(s *Span, shape *specShape, ref SpanRef) {
	if len(shape.NamedAfter) == 0 {
		return
	}
	want := shape.Name
	for _, key := range shape.NamedAfter {
		want += " " + s.Attribute(key).AsString()
	}
	if s.Name != want {
		j.find(ruleWrongName, ref, "its name is "+words.Printable(s.Name), words.Printable(want))
	}
}

// attributes compares attributes with those that the spec declares. Those that are noted to be sound were compared before.
func (j *Judge) attributes(ref SpanRef, of string, got []attribute.KeyValue, shapes *attributeShapes, excused bool, notes []note) {
	var seen keySet
	for i := range got {
		a := &got[i]
		sound := notes != nil && notes[i].sound
		n, known := 0, true
		if sound {
			n = int(notes[i].of.key)
		} else {
			n, known = j.keys[string(a.Key)]
		}
		switch {
		case !known || shapes.places[n] == 0:
			j.find(ruleUnknownAttribute, ref, of+"an attribute "+words.Printable(string(a.Key)), "none of that name; the nearest is "+words.Nearest(string(a.Key), keysOf(shapes.specs)))
		case seen.add(n):
			j.find(ruleDuplicateAttribute, ref, of+string(a.Key)+" is there twice", "one value")
		case !sound:
			j.attribute(ref, of, a, &shapes.specs[shapes.places[n]-1])
		}
	}
	if seen.hasAll(&shapes.required) && (excused || seen.hasAll(&shapes.answered)) {
		return
	}
	for i := range shapes.specs {
		spec := &shapes.specs[i]
		if needed := spec.Level == span.Required || spec.Level == span.Answered && !excused; needed && !seen.has(j.keys[string(spec.Key)]) {
			j.find(ruleRequired, ref, of+"there is no "+string(spec.Key), fmt.Sprintf("%s, which is %s", spec.Key, spec.Level))
		}
	}
}

// attribute compares one with what the spec says of it.
func (j *Judge) attribute(ref SpanRef, of string, a *attribute.KeyValue, spec *spans.AttributeSpec) {
	switch {
	case !isOf(a.Value, spec.Type):
		j.find(ruleTypeMismatch, ref, fmt.Sprintf("%s%s is %s: %s", of, a.Key, a.Value.Type(), words.Printable(words.Text(a.Value))), spec.Type.String())
	case !isVariant(a.Value, spec):
		j.find(ruleUndefinedVariant, ref, fmt.Sprintf("%s%s is %s", of, a.Key, words.Printable(words.Text(a.Value))), "one of "+strings.Join(spec.Values, ", "))
	}
}

func isVariant(v attribute.Value, spec *spans.AttributeSpec) bool {
	return spec.Values == nil || slices.Contains(spec.Values, v.AsString())
}

// isOf says whether a value is of a type. An empty list has none that a file tells.
func isOf(v attribute.Value, want attribute.Type) bool {
	return v.Type() == want
}

func keysOf(specs []spans.AttributeSpec) []string {
	keys := make([]string, len(specs))
	for i := range specs {
		keys[i] = string(specs[i].Key)
	}
	return keys
}

func eventNames(spec *spans.Spec) []string {
	names := make([]string, len(spec.Events))
	for i := range spec.Events {
		names[i] = spec.Events[i].Name
	}
	return names
}

func oneOf(none, before string, names []string) string {
	if len(names) == 0 {
		return none
	}
	return before + strings.Join(names, ", ")
}

// service compares the process with what the span says of who opened it.
func (j *Judge) service(s *Span, shape *specShape, ref SpanRef) {
	group, numbered, _ := strings.Cut(s.Service, "-")
	if group != shape.Service || (numbered == "") != (group == spans.ServiceWorld) {
		want := shape.Service
		if want != spans.ServiceWorld {
			want += "-1, or another number"
		}
		j.find(ruleWrongService, ref, "its service.name is "+quotedOr(s.Service, "missing"), want)
		return
	}
	if node := s.Attribute(spans.RaftNodeIDKey).AsString(); node != "" && node != s.Service {
		j.find(ruleWrongService, ref, fmt.Sprintf("%s is %s, and its service.name %s", spans.RaftNodeIDKey, words.Printable(node), s.Service), "the same process in both")
	}
}

func quotedOr(s, none string) string {
	if s == "" {
		return none
	}
	return words.Printable(s)
}

// status compares the status with error.type.
func (j *Judge) status(s *Span, ref SpanRef) {
	isError, why := s.Status.Code.String() == "Error", s.Attribute(spans.ErrorTypeKey).AsString()
	switch {
	case isError && why == "":
		j.find(ruleWrongStatus, ref, "its status is an error, and error.type does not say why", "error.type, or a status that is unset")
	case !isError && why != "":
		j.find(ruleWrongStatus, ref, "error.type is "+words.Printable(why)+", and its status is "+s.Status.Code.String(), "a status that is an error")
	}
}
