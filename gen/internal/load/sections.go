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
