package lzma

// parser decides what is encoded as a match. It looks one byte ahead, as the fast mode of other encoders does.
type parser struct {
	*encoder

	finder *finder

	ahead  []match // those at the next byte, if known
	known  bool
	unused []match // room for others
}

// next encodes one literal or match.
func (p *parser) next() {
	found := p.ahead
	if !p.known {
		found = p.finder.find(p.at, p.ahead)
	}
	p.ahead, p.known = found, false
	rep, repeated := p.bestRep(p.at)
	main := match{}
	if len(found) > 0 {
		main = sensible(found)
	}
	switch {
	case repeated >= nice, repeated >= shortest && repeated >= main.length-cheaper(main.distance):
		p.repeat(rep, repeated)
	case main.length < shortest || main.length < nice && p.betterAhead(main):
		p.literal()
	default:
		p.match(main.distance, main.length)
		p.known = false
	}
}

// cheaper is by how much a match may be shorter that has one of the last distances, and is better all the same.
func cheaper(distance int) int {
	switch {
	case distance > 1<<15:
		return 3
	case distance > 1<<9:
		return 2
	}
	return 1
}

// far says whether a distance takes so many more bits than another that a byte less is no loss.
func far(near, distance int) bool { return near < distance>>7 }

// sensible is the longest match, or one that is a byte shorter and much nearer.
func sensible(found []match) match {
	i := len(found) - 1
	for i > 0 && found[i].length == found[i-1].length+1 && far(found[i-1].distance, found[i].distance) {
		i--
	}
	if m := found[i]; m.length > shortest && (m.length > 3 || m.distance < 1<<16) {
		return m
	}
	return match{}
}

// bestRep is the longest match at one of the last distances.
func (p *parser) bestRep(at int) (which, length int) {
	for i, distance := range p.reps {
		if distance < at {
			if n := p.finder.same(at-distance-1, at); n > length {
				which, length = i, n
			}
		}
	}
	return which, length
}

// betterAhead says whether a match that begins a byte later is better. Those that it finds are kept for then.
func (p *parser) betterAhead(main match) bool {
	p.unused, p.ahead = p.ahead, p.finder.find(p.at+1, p.unused)
	p.known = true
	if len(p.ahead) > 0 {
		next := p.ahead[len(p.ahead)-1]
		switch {
		case next.length >= main.length && next.distance < main.distance,
			next.length == main.length+1 && !far(main.distance, next.distance),
			next.length > main.length+1,
			next.length+1 >= main.length && main.length > 3 && far(next.distance, main.distance):
			return true
		}
	}
	_, length := p.bestRep(p.at + 1)
	return length >= max(shortest, main.length-1)
}
