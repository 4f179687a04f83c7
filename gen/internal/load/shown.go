package load

import "bytes"

// Shown is one thing that a viewer shows of a process's state.
type Shown struct {
	At      Pos
	Name    Text      `yaml:"name,required"`
	Word    Text      `yaml:"word"`
	Doc     Text      `yaml:"doc,required"`
	Of      []Text    `yaml:"of,required,some"`
	Columns []Text    `yaml:"columns"`
	Restart Text      `yaml:"restart,required"`
	Initial Text      `yaml:"initial"`
	Chosen  Text      `yaml:"chosen"`
	Applied Text      `yaml:"applied"`
	Colour  Text      `yaml:"colour"`
	Told    []Telling `yaml:"told,required,some"`
}

// Telling is a span or an event that tells it.
type Telling struct {
	At       Pos
	Span     Text  `yaml:"span"`
	Event    Text  `yaml:"event"`
	When     Pairs `yaml:"when"`
	Ends     Flag  `yaml:"ends"`
	Value    Text  `yaml:"value"`
	Position Text  `yaml:"position"`
	Cells    Pairs `yaml:"cells"`
	List     Text  `yaml:"list"`
	Form     Text  `yaml:"form"`
	Last     Text  `yaml:"last"`
	Open     Flag  `yaml:"open"`
	Keep     Flag  `yaml:"keep"`
	Sender   Flag  `yaml:"sender"`
}

// Hashed returns the content of a spec without the section `shown`: the rest is what a trace depends on.
func (s *Spec) Hashed() []byte {
	var kept []byte
	shown := false
	for line := range bytes.Lines(s.Content) {
		if first := line[0]; first != ' ' && first != '#' && first != '\n' {
			if shown = bytes.HasPrefix(line, []byte("shown:")); shown {
				kept = append(bytes.TrimRight(kept, "\n"), '\n')
			}
		}
		if !shown {
			kept = append(kept, line...)
		}
	}
	return kept
}
