package load

// Spec is a spec file as it was written. Every word knows its place.
type Spec struct {
	File     string // as the faults name it
	Content  []byte
	Included []*Spec // those that it includes

	At          Pos
	Format      Text         `yaml:"format,required"`
	Name        Text         `yaml:"name,required"`
	Doc         Text         `yaml:"doc,required"`
	Includes    []Text       `yaml:"includes"`
	Output      Output       `yaml:"output,required"`
	Types       []Scalar     `yaml:"types"`
	Enums       []Enum       `yaml:"enums"`
	Unions      []Union      `yaml:"unions"`
	Records     []Record     `yaml:"records"`
	Parties     []Party      `yaml:"parties"`
	Roles       []Roles      `yaml:"roles"`
	Messages    []Message    `yaml:"messages,some"`
	AnyMessage  []Text       `yaml:"any_message"`
	Exchanges   []Exchange   `yaml:"exchanges"`
	Inputs      []Message    `yaml:"inputs"`
	Effects     []Message    `yaml:"effects"`
	State       []Scope      `yaml:"state"`
	Transitions *Transitions `yaml:"transitions"`
	Invariants  []Invariant  `yaml:"invariants"`
	Settings    *Settings    `yaml:"settings"`
	Telemetry   *Telemetry   `yaml:"telemetry"`
	Services    []Named      `yaml:"services"`
	Attributes  []Attribute  `yaml:"attributes"`
	Groups      []Group      `yaml:"groups"`
	Events      []Event      `yaml:"events"`
	Spans       []Span       `yaml:"spans"`
	Landmarks   *Landmarks   `yaml:"landmarks"`
	Story       []Told       `yaml:"story"`
	Shown       []Shown      `yaml:"shown"`
}

// Output says where to write what is generated.
type Output struct {
	At       Pos
	Import   Text `yaml:"import,required"`
	Folder   Text `yaml:"folder,required"`
	Protocol Text `yaml:"protocol"`
	Document Text `yaml:"document"`
}

// Telemetry says which attributes have a meaning to the generator.
type Telemetry struct {
	At         Pos
	Scope      Text `yaml:"scope"`
	System     Text `yaml:"system"`
	Self       Text `yaml:"self"`
	Peer       Text `yaml:"peer"`
	Reply      Text `yaml:"reply"`
	Error      Text `yaml:"error"`
	Unfinished Text `yaml:"unfinished"`
	Step       Text `yaml:"step"`
	EndStep    Text `yaml:"end_step"`
	Link       Text `yaml:"link"`
	Service    Text `yaml:"peer_service"`
	Size       Text `yaml:"size"`
	Fault      Text `yaml:"fault"`
}

// Named is something that has a name and a doc, and nothing else.
type Named struct {
	At   Pos
	Name Text `yaml:"name,required"`
	Doc  Text `yaml:"doc,required"`
}

// Scalar is a named type with one value.
type Scalar struct {
	At     Pos
	Name   Text `yaml:"name,required"`
	Doc    Text `yaml:"doc,required"`
	Go     Text `yaml:"go,required"`
	Format Text `yaml:"format"`
	None   Flag `yaml:"none"`
}

// Enum is a type with a few named values.
type Enum struct {
	At      Pos
	Name    Text    `yaml:"name,required"`
	Doc     Text    `yaml:"doc,required"`
	Initial Text    `yaml:"initial,required"`
	Values  []Named `yaml:"values,required,some"`
}

// Union is a type whose values are of one of several shapes.
type Union struct {
	At       Pos
	Name     Text      `yaml:"name,required"`
	Doc      Text      `yaml:"doc,required"`
	Variants []Variant `yaml:"variants,required,some"`
}

// Record is a type with fields.
type Record struct {
	At     Pos
	Name   Text   `yaml:"name,required"`
	Doc    Text   `yaml:"doc,required"`
	Text   Text   `yaml:"text"`
	Fields Fields `yaml:"fields,required,some"`
}

// Variant is one shape of a union.
type Variant struct {
	At     Pos
	Name   Text   `yaml:"name,required"`
	Doc    Text   `yaml:"doc,required"`
	Text   Text   `yaml:"text"`
	Fields Fields `yaml:"fields"`
}

// Message is a message, an input or an effect.
type Message struct {
	At     Pos
	Name   Text   `yaml:"name,required"`
	Doc    Text   `yaml:"doc,required"`
	Fields Fields `yaml:"fields"`
}

// Fields are fields by name, in order.
type Fields []Field

// Field is written as `name: Type` or as `name: {type: Type, doc: …}`.
type Field struct {
	At   Pos
	Name Text
	Type Text `yaml:"type,required"`
	Init Text `yaml:"init"`
	Doc  Text `yaml:"doc"`
}

// Party is one kind of process that takes part in the protocol.
type Party struct {
	At      Pos
	Name    Text   `yaml:"name,required"`
	Doc     Text   `yaml:"doc,required"`
	ID      Text   `yaml:"id"`
	Is      []Text `yaml:"is"`
	Roles   Text   `yaml:"roles"`
	Service Text   `yaml:"service"`
}

// Roles are the roles of a party that an included spec declares.
type Roles struct {
	At    Pos
	Party Text `yaml:"party,required"`
	Enum  Text `yaml:"enum,required"`
}

// Exchange is a request with its possible replies.
type Exchange struct {
	At      Pos
	Request Text   `yaml:"request,required"`
	Doc     Text   `yaml:"doc,required"`
	Replies []Text `yaml:"replies,required"`
	From    []Text `yaml:"from,required,some"`
	To      Text   `yaml:"to,required"`
	Sender  Text   `yaml:"sender"`
	Method  Text   `yaml:"method,required"`
}

// Scope is a part of the state that lives and dies together.
type Scope struct {
	At      Pos
	Scope   Text   `yaml:"scope,required"`
	Doc     Text   `yaml:"doc,required"`
	Restart Text   `yaml:"restart,required"`
	Role    Text   `yaml:"role"`
	Fields  Fields `yaml:"fields,required,some"`
}

// Transitions are the steps that an enum may take.
type Transitions struct {
	At        Pos
	Enum      Text   `yaml:"enum,required"`
	EventEnum Text   `yaml:"event_enum,required"`
	Doc       Text   `yaml:"doc,required"`
	Edges     []Edge `yaml:"edges,required,some"`
}

// Edge is one step.
type Edge struct {
	At    Pos
	From  Text `yaml:"from,required"`
	To    Text `yaml:"to,required"`
	Event Text `yaml:"event,required"`
	Doc   Text `yaml:"doc,required"`
}

// Invariant is what must always hold.
type Invariant struct {
	At       Pos
	Name     Text   `yaml:"name,required"`
	ID       Text   `yaml:"id,required"`
	Section  Text   `yaml:"section,required"`
	Observes []Text `yaml:"observes,required"`
	Doc      Text   `yaml:"doc,required"`
}

// Attribute is an attribute of spans and events.
type Attribute struct {
	At     Pos
	Name   Text   `yaml:"name,required"`
	Type   Text   `yaml:"type,required"`
	Values []Text `yaml:"values"`
	Unit   Text   `yaml:"unit"`
	Doc    Text   `yaml:"doc,required"`
}

// Levels are attributes by name, in order, each with its level.
type Levels []Level

// Level says whether an attribute must be there.
type Level struct{ Attribute, Level Text }

// Group is a set of attributes that spans share.
type Group struct {
	At         Pos
	Name       Text   `yaml:"name,required"`
	Doc        Text   `yaml:"doc,required"`
	Attributes Levels `yaml:"attributes,required"`
}

// Event is something that happens within a span.
type Event struct {
	At         Pos
	Name       Text   `yaml:"name,required"`
	Doc        Text   `yaml:"doc,required"`
	Attributes Levels `yaml:"attributes"`
}

// Span is a span as traces have it.
type Span struct {
	At         Pos
	ID         Text   `yaml:"id,required"`
	Name       Text   `yaml:"name,required"`
	NamedAfter []Text `yaml:"named_after"`
	Kind       Text   `yaml:"kind,required"`
	Service    Text   `yaml:"service,required"`
	Root       Flag   `yaml:"root"`
	Parents    []Text `yaml:"parents"`
	RPC        Flag   `yaml:"rpc"`
	Groups     []Text `yaml:"groups"`
	Attributes Levels `yaml:"attributes"`
	Links      []Link `yaml:"links"`
	Events     []Text `yaml:"events"`
	Doc        Text   `yaml:"doc,required"`
}

// Link is a span that another may or must link to.
type Link struct {
	At  Pos
	To  Text   `yaml:"to,required"`
	Min Number `yaml:"min,required"`
	Why Text   `yaml:"why"`
	Doc Text   `yaml:"doc,required"`
}
