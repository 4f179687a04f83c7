package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
)

// mergeFiles puts together what the parts of a sweep wrote. The error is all that is wrong with them.
func mergeFiles(files []string) (*report, error) {
	var wrong []error
	var parts []*report
	var names []string
	for _, file := range files {
		r, err := readReport(file)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		parts, names = append(parts, r), append(names, file)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	if err := fit(parts, names); err != nil {
		return nil, err
	}
	whole := parts[0]
	for _, part := range parts[1:] {
		whole.merge(part)
	}
	whole.Shard = shard{1, 1}
	return whole, nil
}

// readReport reads what -json wrote.
func readReport(file string) (*report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r, err := decode(file, text)
	if err != nil {
		return nil, err
	}
	if wanted := r.Shard.count(r.Seeds); r.Broken || r.Done > wanted || r.Done < wanted && (r.Keep || !r.wrong()) {
		return nil, fmt.Errorf("%s is incomplete: %d of %d seeds were run; run part %s again", file, r.Done, wanted, r.Shard)
	}
	return r, nil
}

// decode reads what -json wrote to a file, of a sweep that may have been stopped.
func decode(file string, text []byte) (*report, error) {
	r := report{Figures: newFigures()}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is nothing that cmd/sweep -json wrote: %w", file, err)
	}
	_, more := decoder.Token()
	switch {
	case r.Format != format:
		return nil, fmt.Errorf("%s is nothing that this version of cmd/sweep -json wrote: its format is %q, and not %q", file,
			r.Format, format)
	case !errors.Is(more, io.EOF):
		return nil, fmt.Errorf("%s holds more than one part: write each into a file of its own", file)
	case r.damaged():
		return nil, fmt.Errorf("%s is damaged: there is no part %s of %s, or its counts are gone", file, r.Shard, r.Seeds)
	}
	return &r, nil
}

// damaged says whether a report is one that no sweep comes to.
func (r *report) damaged() bool {
	f := &r.Figures
	for _, c := range []counts{f.Elections, f.FirstLeader, f.Retries, f.MessagesPerCommit, f.Faults, f.Latency} {
		if c == nil {
			return true
		}
	}
	if _, known := protocols.Named(r.Protocol); r.Protocol != "" && !known {
		return true
	}
	return f.Sometimes == nil || r.Seeds.First > r.Seeds.Last || r.Seeds.Last > math.MaxInt64 || r.Shard.Index == 0 ||
		r.Shard.Index > r.Shard.Of
}

// fit says why parts do not make one sweep: they are of different ones, or there are two of one, or one is missing.
func fit(parts []*report, names []string) error {
	var wrong []error
	first := parts[0]
	by := make(map[uint64]string)
	for i, part := range parts {
		for _, differ := range []struct{ what, one, other string }{
			{"another version of raftkv", first.Build, part.Build},
			{"other runs", first.Run, part.Run},
			{"other seeds", first.Seeds.String(), part.Seeds.String()},
			{"other checks", first.checks(), part.checks()},
			{"another number of parts", fmt.Sprint(first.Shard.Of), fmt.Sprint(part.Shard.Of)},
			{"runs with another config", first.Config, part.Config},
		} {
			if differ.one != differ.other {
				wrong = append(wrong,
					fmt.Errorf("%s is of %s than %s: %s, and not %s", names[i], differ.what, names[0], quoted(differ.other),
						quoted(differ.one)))
				break
			}
		}
		if earlier, twice := by[part.Shard.Index]; twice {
			wrong = append(wrong, fmt.Errorf("%s is part %s, and so is %s", names[i], part.Shard, earlier))
		}
		by[part.Shard.Index] = names[i]
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	var missing []string
	for index := uint64(1); index <= first.Shard.Of; index++ {
		if _, ok := by[index]; !ok {
			missing = append(missing, shard{index, first.Shard.Of}.String())
		}
		if len(missing) > 10 {
			missing = append(slices.Delete(missing, 10, 11), "more")
			break
		}
	}
	for _, part := range missing {
		wrong = append(wrong, fmt.Errorf("part %s is missing", part))
	}
	return errors.Join(wrong...)
}

// checks is what of a command line makes the checks of the runs.
func (r *report) checks() string {
	if r.Checked {
		return "-check"
	}
	return ""
}

// quoted is a value that differs; one that is empty is nothing special.
func quoted(s string) string {
	if s == "" {
		return "the default"
	}
	return fmt.Sprintf("%q", s)
}
