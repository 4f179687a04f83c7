package conform

import "slices"

// The rules that a trace has to conform to. The ids are those of OpenTelemetry Weaver where it has one.
var (
	RuleUnknownSpan  = Rule{ID: "unknown_span", Says: "A span has a name that the spec declares."}
	RuleWrongKind    = Rule{ID: "wrong_kind", Says: "A span has the kind that the spec declares for its name."}
	RuleWrongService = Rule{ID: "wrong_service", Says: "A span is of the service that the spec declares for it, " +
		"and of the process that opened it."}
	RuleRequired = Rule{ID: "required_attribute_not_present", Says: "A required attribute is always there, and " +
		"one of the answer unless there was none."}
	RuleUnknownAttribute = Rule{ID: "unknown_attribute", Says: "A span and an event have no attributes but those " +
		"that the spec declares."}
	RuleDuplicateAttribute = Rule{ID: "duplicate_attribute", Says: "An attribute is there once."}
	RuleTypeMismatch       = Rule{ID: "type_mismatch", Says: "An attribute is of the type that the spec declares."}
	RuleUndefinedVariant   = Rule{ID: "undefined_enum_variant", Says: "An attribute has one of the values that the " +
		"spec declares."}
	RuleMalformedValue = Rule{ID: "malformed_value", Says: "An attribute reads as its type in the spec does."}
	RuleUnknownEvent   = Rule{ID: "unknown_event", Says: "A span has no events but those that the spec declares, " +
		"each once."}
	RuleWrongStatus = Rule{ID: "wrong_status", Says: "A span's status is an error exactly when error.type says why."}
	RuleWrongTime   = Rule{ID: "wrong_time", Says: "A span ends after it starts, its events are in between, and " +
		"nothing comes before its cause."}
	RuleWrongName = Rule{ID: "wrong_name", Says: "A span whose name goes on with values of attributes has those " +
		"of its own in it."}
	RuleWrongStep = Rule{ID: "wrong_step", Says: "A process numbers all of its steps or none, each is over " +
		"before the next begins, and what it makes durable comes before what it sends."}
	RuleCrowded = Rule{ID: "crowded_step", Says: "A span takes time, and no two of a process begin in one " +
		"microsecond, where their step has room."}
	RuleDuplicateID = Rule{ID: "duplicate_id", Says: "No two spans of a run share an id."}
	RuleMixedRuns   = Rule{ID: "mixed_runs", Says: "A trace file holds one run."}
	RuleWrongTrace  = Rule{ID: "wrong_trace", Says: "A root's id is the second half of its trace id, and a " +
		"child's trace is its parent's."}
	RuleWrongParent = Rule{ID: "wrong_parent", Says: "A span has a parent that the spec allows, or none where it " +
		"may begin a trace."}
	RuleMissingParent = Rule{ID: "missing_parent", Says: "A span's parent is in the file."}
	RuleWrongLink     = Rule{ID: "wrong_link", Says: "A span links to no spans but those that the spec allows, and " +
		"they are in the file."}
	RuleMissingLink = Rule{ID: "missing_link", Says: "A span links to its cause: a consumer to its producer, a " +
		"resend to what was sent before, what a leader does to its election, an answer to the commit that covers " +
		"it, what a fault did to the fault."}
	RuleUnhandledDelivery = Rule{ID: "unhandled_delivery", Says: "Each copy of a message is handled, or lost as " +
		"an event says, or on its way when the run ends; and only what was handled is answered."}
	RuleDuplicateDelivery = Rule{ID: "duplicate_delivery", Says: "A message is handled once, and a second time " +
		"only if the network doubled it."}
	RuleWhileDown = Rule{ID: "span_while_down", Says: "A process does nothing while it is down or paused, as the " +
		"faults tell."}
	RuleMessageMismatch = Rule{ID: "message_mismatch", Says: "Sender and receiver say the same of a message, and " +
		"of its reply."}
	RuleMissingSpan = Rule{ID: "missing_span", Says: "What a process did has a span: an election its change of " +
		"role, a commit its applications."}
)

// Rules returns the rules that a trace of any protocol has to conform to.
func Rules() []Rule {
	return []Rule{
		RuleUnknownSpan, RuleWrongKind, RuleWrongService, RuleRequired, RuleUnknownAttribute, RuleDuplicateAttribute,
		RuleTypeMismatch, RuleUndefinedVariant, RuleMalformedValue, RuleUnknownEvent, RuleWrongStatus, RuleWrongTime,
		RuleWrongName, RuleWrongStep, RuleCrowded, RuleDuplicateID, RuleMixedRuns, RuleWrongTrace, RuleWrongParent,
		RuleMissingParent, RuleWrongLink, RuleMissingLink, RuleUnhandledDelivery, RuleDuplicateDelivery,
		RuleWhileDown, RuleMessageMismatch, RuleMissingSpan,
	}
}

// rulesOfPart are those that a part of a run can be held to, such as one trace out of a Jaeger: what they ask for is
// in a span, or in spans that it is there with.
var rulesOfPart = []Rule{
	RuleUnknownSpan, RuleWrongKind, RuleWrongService, RuleRequired, RuleUnknownAttribute, RuleDuplicateAttribute,
	RuleTypeMismatch, RuleUndefinedVariant, RuleMalformedValue, RuleUnknownEvent, RuleWrongStatus, RuleWrongTime,
	RuleDuplicateID, RuleMixedRuns, RuleWrongTrace, RuleWrongParent, RuleDuplicateDelivery, RuleMessageMismatch,
}

// RulesOfPart is how many they are.
var RulesOfPart = len(rulesOfPart)

// rulesOfThisSpec are those that only traces of this spec can be held to: what attributes, events and names there
// are, another one may say otherwise.
var rulesOfThisSpec = []Rule{
	RuleRequired, RuleUnknownAttribute, RuleUndefinedVariant, RuleMalformedValue, RuleUnknownEvent, RuleWrongName,
	RuleWrongLink, RuleMissingLink,
}

func hasID(rules []Rule, id string) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == id })
}
