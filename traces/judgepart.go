package traces

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/spans"
)

// judgedOfPart are the rules that a part of a run can be held to, such as one trace out of a Jaeger: what they ask for
// is in a span, or in spans that it is there with.
var judgedOfPart = []rule{
	ruleUnknownSpan, ruleWrongKind, ruleWrongService, ruleRequired, ruleUnknownAttribute, ruleDuplicateAttribute, ruleTypeMismatch, ruleUndefinedVariant, ruleMalformedValue,
	ruleUnknownEvent, ruleWrongStatus, ruleWrongTime, ruleDuplicateID, ruleMixedRuns, ruleWrongTrace, ruleWrongParent, ruleDuplicateDelivery, ruleMessageMismatch,
}

// RulesOfPart is how many of the Rules these are.
var RulesOfPart = len(judgedOfPart)

// isPart says whether the file is a part of a run: it has spans that the spec declares, and not the run's own, which
// begins each file. What is not in it may be elsewhere.
func (j *Judge) isPart() bool {
	declared := false
	for _, shape := range j.shapes {
		if shape > 0 && j.byNumber[shape-1].Name == spans.RunName {
			return false
		}
		declared = declared || shape > 0
	}
	return declared
}

// leaveToPart keeps of what was found only what holds of a part.
func (c *collector) leaveToPart() {
	judged := func(id string) bool {
		return slices.ContainsFunc(judgedOfPart, func(r rule) bool { return r.id == id })
	}
	c.list = slices.DeleteFunc(c.list, func(f Finding) bool { return !judged(f.ID) })
	for id := range c.counts {
		if !judged(id) {
			delete(c.counts, id)
		}
	}
}
