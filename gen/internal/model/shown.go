package model

// Shown is one thing that a viewer shows of a process's state: one value, or a table.
type Shown struct {
	Name, Word, Doc         string
	Services                []string // of the processes that have it
	Columns                 []string // of a table; nil for one value
	Kept                    bool     // a restart does not reset it
	Initial                 string
	Chosen, Applied, Colour string // names of others, and of a column
	Told                    []*Telling
}

// Telling is a span or an event that tells it. What it has not is nil or empty.
type Telling struct {
	Span  *Span // nil for any
	Event *Event
	When  []Condition

	Value, Later, Position, List, Last *Attribute

	Cells []Cell
	Form  string

	Ends, Open, Keep, Sender bool
}

// Cell is where the text of a column is from: an attribute, or a literal; neither where it is not told.
type Cell struct {
	Attribute *Attribute
	Literal   string
}
