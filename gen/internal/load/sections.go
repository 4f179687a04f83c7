package load

// Settings are the keys of the protocol's section of a config.
type Settings struct {
	At      Pos
	Section Text      `yaml:"section,required"`
	Doc     Text      `yaml:"doc,required"`
	Keys    []Setting `yaml:"keys,required,some"`
}

// Setting is one key.
type Setting struct {
	At       Pos
	Name     Text  `yaml:"name,required"`
	Type     Text  `yaml:"type,required"`
	Default  Text  `yaml:"default,required"`
	Unit     Text  `yaml:"unit"`
	Least    Whole `yaml:"least"`
	Most     Whole `yaml:"most"`
	Positive Text  `yaml:"positive"`
	Optional Flag  `yaml:"optional"`
	Doc      Text  `yaml:"doc,required"`
}

// Landmarks say which attributes and spans tools know the protocol by.
type Landmarks struct {
	At       Pos
	Role     Text       `yaml:"role"`
	Term     *Numbering `yaml:"term"`
	Position *Numbering `yaml:"position"`
	Leads    *Leads     `yaml:"leads"`
	Stands   *Stands    `yaml:"stands"`
	Chosen   *Chosen    `yaml:"chosen"`
	Applied  *Applied   `yaml:"applied"`
	Notifies *Notifies  `yaml:"notifies"`
	Ceases   *Leads     `yaml:"ceases"`
}

// Numbering is an attribute that numbers something, and what people call one of that.
type Numbering struct {
	At        Pos
	Attribute Text `yaml:"attribute,required"`
	Word      Text `yaml:"word,required"`
}

// Pairs are texts by texts, in order.
type Pairs []Pair

// Pair is a text with its key.
type Pair struct{ Key, Text Text }

// Leads is the span that says that a process leads from then on, or no longer.
type Leads struct {
	At   Pos
	Span Text  `yaml:"span,required"`
	When Pairs `yaml:"when"`
}

// Stands is the span of a process that tries to lead.
type Stands struct {
	At      Pos
	Span    Text  `yaml:"span,required"`
	Outcome Text  `yaml:"outcome,required"`
	Won     Text  `yaml:"won,required"`
	Words   Pairs `yaml:"words,required,some"`
	With    Text  `yaml:"with"`
}

// Chosen is the span that says that something is chosen.
type Chosen struct {
	At       Pos
	Span     Text `yaml:"span,required"`
	Position Text `yaml:"position,required"`
}

// Applied is the span that says that something is applied.
type Applied struct {
	At       Pos
	Span     Text `yaml:"span,required"`
	Position Text `yaml:"position,required"`
	Term     Text `yaml:"term"`
	Command  Text `yaml:"command,required"`
}

// Notifies is the span that sends a message which only tells something, and may be lost.
type Notifies struct {
	At      Pos
	Span    Text `yaml:"span,required"`
	Message Text `yaml:"message,required"`
	Tells   Text `yaml:"tells,required"`
}

// Told is what a story tells of one span.
type Told struct {
	At         Pos
	Span       Text     `yaml:"span,required"`
	Begins     []Saying `yaml:"begins"`
	Ends       []Saying `yaml:"ends"`
	Fails      Text     `yaml:"fails"`
	Unfinished Text     `yaml:"unfinished"`
	Message    Text     `yaml:"message"`
	Unanswered Text     `yaml:"unanswered"`
	Round      Pairs    `yaml:"round"`
}

// Saying is a line, and when it is told.
type Saying struct {
	At    Pos
	Reply Text  `yaml:"reply"`
	When  Pairs `yaml:"when"`
	Not   Pairs `yaml:"not"`
	Mark  Text  `yaml:"mark"`
	Fold  Flag  `yaml:"fold"`
	By    Text  `yaml:"by"`
	Text  Text  `yaml:"text"`
}
