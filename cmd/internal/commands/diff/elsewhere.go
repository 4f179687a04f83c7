package diff

import (
	"slices"

	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/config"
)

// elsewhere tells what differs, too, and has no cause among what differed before.
func (r *report) elsewhere() {
	e := &r.d.Elsewhere
	if e.Spans == 0 {
		return
	}
	title, text := "What differs without coming of it", r.unexplained()
	if again := r.partAgain(); again != nil {
		title, text = "What else differs, made by "+again.by, again.why(e.Spans)
	}
	r.title(title)
	text = head(e) + ". " + text
	if len(r.d.Followed.Tree) < 2 {
		text += reading(e) // or it was said already
	}
	r.paragraph("", text)
	r.legend(e)
	r.tree(e)
}

// again is what makes two runs part in many places and not in one: what acts wherever something depends on it.
type again struct {
	by   string // behind "made by"
	acts string // how
}

// partAgain is what made the runs part again where that is what made the first divergence, and nothing is left out that
// could lead from there; nil if it is something else.
func (r *report) partAgain() *again {
	if slices.ContainsFunc(r.d.Elsewhere.Tree, func(c diff.Consequence) bool { return c.Origin != "" }) {
		return nil
	}
	reason := &r.d.First.Reason
	if reason.Kind == diff.ReasonCode {
		return &again{"the code", "Code that was changed acts otherwise wherever it is reached"}
	}
	given := slices.DeleteFunc(slices.Clone(reason.Keys), func(c config.Change) bool { return c.Key == "fault" })
	draws := slices.ContainsFunc(given, func(c config.Change) bool { return c.Key == "seed" })
	switch {
	case reason.Kind != diff.ReasonDraw && reason.Kind != diff.ReasonConfig || len(given) == 0:
		return nil
	case draws && len(given) > 1:
		return &again{
			"the config and the seed",
			"A key of the config acts wherever something depends on it, and with another seed every draw is another one",
		}
	case draws:
		return &again{"the seed", "With another seed every draw is another one, of how long a message takes, when a timer " +
			"runs out, what a client asks for"}
	}
	return &again{"the config", "A key of the config acts wherever something depends on it"}
}

// why says that so many spans come of no divergence before them, and why that is no wonder.
func (a *again) why(spans int) string {
	they := "they come"
	if spans == 1 {
		they = "it comes"
	}
	return "As far as the traces show, " + they + " not of the first divergence but of what made it. " + a.acts +
		": so the runs part in more than one place, and the first divergence is only the earliest."
}

// unexplained says what is known of what comes of nothing that differs.
func (r *report) unexplained() string {
	shown, begin, come := "The traces show nothing that they come of", "each begins by itself", "They come"
	if r.d.Elsewhere.Spans == 1 {
		shown, begin, come = "The traces show nothing that it comes of", "it begins by itself", "It comes"
	}
	tree := r.d.Elsewhere.Tree
	switch {
	case slices.ContainsFunc(tree, func(c diff.Consequence) bool { return c.Origin != "" && !c.Rule.Seen() }):
		return come + ", or may come, of something else, which is not compared here, or " + begin + "."
	case slices.ContainsFunc(tree, func(c diff.Consequence) bool { return c.Origin != "" }):
		return come + " of something else, which is not compared here, or " + begin + "."
	case len(r.d.Config) > 1 || len(r.d.Config) == 1 && r.d.Config[0].Key != "fault":
		return shown + ": " + begin + ", made by what the runs were given."
	case len(r.d.Config) == 1:
		return shown + ". " + come + " of it all the same, for the runs were given nothing else that differs: as where a " +
			"message is lost, which takes its receiver's time and leaves no span there."
	}
	return shown + ": " + begin + "."
}
