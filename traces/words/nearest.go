package words

// Nearest is the name that takes the fewest changes to be reached; the first of those.
func Nearest(to string, names []string) string {
	best, least := "", 1<<30
	for _, name := range names {
		if d := distance(to, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is how many bytes are to be inserted, removed or replaced, as Levenshtein counts them. Of long texts only
// the beginning is looked at.
func distance(a, b string) int {
	const most = 64
	a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := diagonal
			if a[i] != b[k] {
				cost++
			}
			diagonal = row[k+1]
			row[k+1] = min(cost, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}
