package traces

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
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
	c.leave(func(id string) bool {
		return !slices.ContainsFunc(judgedOfPart, func(r rule) bool { return r.id == id })
	})
}

// leave lets go of what was found of some rules.
func (c *collector) leave(of func(id string) bool) {
	c.list = slices.DeleteFunc(c.list, func(f Finding) bool { return of(f.ID) })
	for id := range c.counts {
		if of(id) {
			delete(c.counts, id)
		}
	}
}

// judgedOfThisSpec says whether a rule can be held to traces of this spec only: what attributes, events and names there
// are, another one may say otherwise.
func judgedOfThisSpec(id string) bool {
	return slices.ContainsFunc([]rule{
		ruleRequired, ruleUnknownAttribute, ruleUndefinedVariant, ruleMalformedValue, ruleUnknownEvent, ruleWrongName, ruleWrongLink, ruleMissingLink,
	}, func(r rule) bool { return r.id == id })
}

// isOfOtherSpec says whether the build that made the trace had another spec, as it says itself.
func (j *Judge) isOfOtherSpec() bool {
	return slices.ContainsFunc(j.facts.builds, func(b uint32) bool {
		build := j.texts.of(b)
		return strings.HasPrefix(build, "spec-") && !strings.HasPrefix(build, "spec-"+protocol.SpecHash+"-")
	})
}
