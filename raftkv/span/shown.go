package span

import "go.opentelemetry.io/otel/attribute"

// Shown is what a viewer shows of the state of processes, and which spans and events tell it. The generated table of a
// spec has one Field for each item of its section `shown`, those of included files first.
type Shown []Field

// Field is one thing that is shown of a process's state: one value, or a table.
type Field struct {
	Name, Doc string
	Word      string   // what people call it
	Groups    []string // of the processes that have it
	Columns   []string // of a table, whose rows are found by their positions; nil for one value
	Kept      bool     // it is on the process's disk: a restart does not reset it
	Initial   string   // of one value: what it is when a process has just started, if no span tells more; or empty
	Chosen    string   // of a table: the Field up to whose value entries are chosen; or empty
	Applied   string   // of a table: the Field up to whose value entries are applied; or empty
	Colour    string   // the column that colours a row; "" for none
	Told      []Telling
}

// Telling is how spans or events tell a Field. Those of any name tell it where Name is empty. What is not set does not
// apply.
type Telling struct {
	Landmark

	Event string        // it is told by an event of this name within the span
	Ends  bool          // it is told as the span ends, and not as it begins
	Value attribute.Key // of one value: its text

	Position attribute.Key // of a row
	Cells    []Cell        // of that row, one for each column; none for one that is not told
	List     attribute.Key // a list of rows, each written as Form
	Form     string        // such as {position}@{term}[ {request}] {command}; what is in brackets may be missing
	Last     attribute.Key // no row is behind this position

	Open   bool // the row is there as long as the span is open
	Keep   bool // a row that is there stays as it is
	Sender bool // what is not told of the row is what the sender of the message has there, if all else is the same
}

// Cell is where the text of a column is from: an attribute of the event or of the span, or a literal.
type Cell struct {
	Key     attribute.Key
	Literal string
}
