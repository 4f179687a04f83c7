package traces

// The rules that a trace has to conform to. The ids are those of OpenTelemetry Weaver where it has one.
var (
	ruleUnknownSpan        = rule{"unknown_span", "A span has a name that the spec declares."}
	ruleWrongKind          = rule{"wrong_kind", "A span has the kind that the spec declares for its name."}
	ruleWrongService       = rule{"wrong_service", "A span is of the service that the spec declares for it, and of the process that opened it."}
	ruleRequired           = rule{"required_attribute_not_present", "A required attribute is always there, and one of the answer unless there was none."}
	ruleUnknownAttribute   = rule{"unknown_attribute", "A span and an event have no attributes but those that the spec declares."}
	ruleDuplicateAttribute = rule{"duplicate_attribute", "An attribute is there once."}
	ruleTypeMismatch       = rule{"type_mismatch", "An attribute is of the type that the spec declares."}
	ruleUndefinedVariant   = rule{"undefined_enum_variant", "An attribute has one of the values that the spec declares."}
	ruleMalformedValue     = rule{"malformed_value", "An attribute reads as its type in the spec does."}
	ruleUnknownEvent       = rule{"unknown_event", "A span has no events but those that the spec declares, each once."}
	ruleWrongStatus        = rule{"wrong_status", "A span's status is an error exactly when error.type says why."}
	ruleWrongTime          = rule{"wrong_time", "A span ends after it starts, its events are in between, and nothing comes before its cause."}
	ruleWrongName          = rule{"wrong_name", "A span whose name goes on with values of attributes has those of its own in it."}
	ruleWrongStep          = rule{"wrong_step", "A process numbers all of its steps or none, each is over before the next begins, and what it makes durable comes before what it sends."}
	ruleCrowded            = rule{"crowded_step", "A span takes time, and no two of a process begin in one microsecond, where their step has room."}
	ruleDuplicateID        = rule{"duplicate_id", "No two spans of a run share an id."}
	ruleMixedRuns          = rule{"mixed_runs", "A trace file holds one run."}
	ruleWrongTrace         = rule{"wrong_trace", "A root's id is the second half of its trace id, and a child's trace is its parent's."}
	ruleWrongParent        = rule{"wrong_parent", "A span has a parent that the spec allows, or none where it may begin a trace."}
	ruleMissingParent      = rule{"missing_parent", "A span's parent is in the file."}
	ruleWrongLink          = rule{"wrong_link", "A span links to no spans but those that the spec allows, and they are in the file."}
	ruleMissingLink        = rule{"missing_link", "A span links to its cause: a consumer to its producer, a resend to what was sent before, what a leader does to its election, an answer to the commit that covers it, what a fault did to the fault."}
	ruleUnhandledDelivery  = rule{"unhandled_delivery", "Each copy of a message is handled, or lost as an event says, or on its way when the run ends; and only what was handled is answered."}
	ruleDuplicateDelivery  = rule{"duplicate_delivery", "A message is handled once, and a second time only if the network doubled it."}
	ruleWhileDown          = rule{"span_while_down", "A process does nothing while it is down or paused, as the faults tell."}
	ruleMessageMismatch    = rule{"message_mismatch", "Sender and receiver say the same of a message, and of its reply."}
	ruleIllegalTransition  = rule{"illegal_transition", "A role changes along the edges of Figure 4, from the role that the server had."}
	ruleMissingSpan        = rule{"missing_span", "What a process did has a span: an election its change of role, a commit its applications."}
	ruleUnjustifiedCommit  = rule{"unjustified_commit", "A follower commits no further than its leader told, and than its log is known to equal the leader's (Figure 2, AppendEntries step 5)."}
	ruleWrongVote          = rule{"wrong_vote", "A server gives its vote to a candidate whose log is at least as up to date as its own, unless it gave it to another in that term, and refuses it for no other reason (§5.2, §5.4.1)."}
	ruleWrongLogEnd        = rule{"wrong_log_end", "After AppendEntries a follower's log ends where Figure 2 has it: an entry that conflicts is removed with all that follow it, and nothing else is."}
	ruleWrongNextIndex     = rule{"wrong_next_index", "A leader that is refused goes back in its log to where the follower's may match, and goes on from there (§5.3)."}
	ruleAnswerWithoutEntry = rule{"answer_without_entry", "A client's command is answered when its entry is applied, and has an entry (§8)."}
)

// Rules are the ids of all rules that a trace has to conform to, each with its sentence.
func Rules() [][2]string {
	var all [][2]string
	for _, r := range []rule{
		ruleUnknownSpan, ruleWrongKind, ruleWrongService, ruleRequired, ruleUnknownAttribute, ruleDuplicateAttribute, ruleTypeMismatch, ruleUndefinedVariant,
		ruleMalformedValue, ruleUnknownEvent, ruleWrongStatus, ruleWrongTime, ruleWrongName, ruleWrongStep, ruleCrowded, ruleDuplicateID, ruleMixedRuns, ruleWrongTrace, ruleWrongParent, ruleMissingParent,
		ruleWrongLink, ruleMissingLink, ruleUnhandledDelivery, ruleDuplicateDelivery, ruleWhileDown, ruleMessageMismatch, ruleIllegalTransition, ruleMissingSpan,
		ruleUnjustifiedCommit, ruleWrongVote, ruleWrongLogEnd, ruleWrongNextIndex, ruleAnswerWithoutEntry,
	} {
		all = append(all, [2]string{r.id, r.says})
	}
	return all
}
