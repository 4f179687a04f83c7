package traces

import (
	"math"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// said is what the attributes of a span say, of those that a judge asks for: each as a number, and 0 where the span has no such attribute.
type said [fields]uint64

// field is which of them.
type field uint8

// The fields. A text is its number among the texts of whoever read it; so is the name of a process, plus one.
const (
	saidTerm field = iota + 1
	saidRole       // plus one
	saidPeer
	saidReply
	saidCopy
	saidFailed // 1 if there is an error.type, and 2 if it is crash
	saidUnfinished
	saidAttempt
	saidLastLogIndex
	saidLastLogTerm
	saidReason
	saidPrevLogIndex
	saidPrevLogTerm
	saidLeaderCommit
	saidMatchIndex
	saidConflictIndex
	saidConflictTerm
	saidRoleFrom  // plus one
	saidRoleEvent // plus one
	saidCommitFrom
	saidCommitTo
	saidQuorum
	saidIndex
	saidEntryTerm
	saidCommand
	saidRequest
	saidResult
	saidTry
	saidLeader
	saidOutcome
	saidVotes
	saidHeartbeat
	saidFault
	saidFaultTarget
	saidKey
	saidValue
	saidAnsweredCopy
	saidStep
	saidEndStep
	saidVotedFor // plus two; 1 is nobody
	saidMessageTerm
	saidReplyTerm
	saidEndTerm
	saidEndRole // plus one
	saidNextIndex
	saidRoleBefore // plus one
	saidBuild
	saidEntriesCount
	saidEntries // of a list, the place of its attribute, plus one
	saidAcknowledged
	saidPeers
	fields

	saidNothing field = 0 // that a judge asks for
)

// saying is how the value of an attribute becomes a number.
type saying uint8

const (
	sayNumber saying = iota
	sayText
	sayProcess
	sayLeader // a process, or none
	sayVote   // a process, or nobody
	sayRole
	sayRoleEvent
	sayThere // 1 if there is one at all
	sayError // 1 for any type of error, 2 for a crash
	sayList
)

// company is what else of a span its attribute has to fit with: what is to be looked at again where only the value of the attribute is another than before.
type company uint8

const (
	withAll     company = iota // anything
	withNames                  // the names of processes and of the operation: see Judge.namesIn
	withEntries                // the entries of an AppendEntries, and what is said of them: see Judge.entries
	alone                      // nothing: it is as the spec wants it or not, by itself
)

// fieldOf is the field of an attribute.
type fieldOf struct {
	field field
	how   saying
	with  company
}

// fieldsByKey are the fields by the keys of the attributes.
var fieldsByKey = map[attribute.Key]fieldOf{
	spans.RaftTermKey:                 {saidTerm, sayNumber, alone},
	spans.RaftRoleKey:                 {saidRole, sayRole, alone},
	spans.RaftPeerIDKey:               {saidPeer, sayProcess, withNames},
	spans.KVClientIDKey:               {saidPeer, sayProcess, withNames},
	spans.RaftReplyKey:                {saidReply, sayText, withAll},
	spans.RaftkvCopyKey:               {saidCopy, sayNumber, alone},
	spans.ErrorTypeKey:                {saidFailed, sayError, withAll},
	spans.RaftUnfinishedKey:           {saidUnfinished, sayThere, withAll},
	spans.RaftAttemptKey:              {saidAttempt, sayNumber, alone},
	spans.RaftLastLogIndexKey:         {saidLastLogIndex, sayNumber, alone},
	spans.RaftLastLogTermKey:          {saidLastLogTerm, sayNumber, alone},
	spans.RaftReasonKey:               {saidReason, sayText, alone},
	spans.RaftPrevLogIndexKey:         {saidPrevLogIndex, sayNumber, withEntries},
	spans.RaftPrevLogTermKey:          {saidPrevLogTerm, sayNumber, withEntries},
	spans.RaftLeaderCommitKey:         {saidLeaderCommit, sayNumber, alone},
	spans.RaftMatchIndexKey:           {saidMatchIndex, sayNumber, alone},
	spans.RaftConflictIndexKey:        {saidConflictIndex, sayNumber, alone},
	spans.RaftConflictTermKey:         {saidConflictTerm, sayNumber, alone},
	spans.RaftRoleFromKey:             {saidRoleFrom, sayRole, alone},
	spans.RaftRoleEventKey:            {saidRoleEvent, sayRoleEvent, alone},
	spans.RaftCommitFromKey:           {saidCommitFrom, sayNumber, alone},
	spans.RaftCommitToKey:             {saidCommitTo, sayNumber, alone},
	spans.RaftQuorumKey:               {saidQuorum, sayNumber, alone},
	spans.RaftIndexKey:                {saidIndex, sayNumber, alone},
	spans.RaftEntryTermKey:            {saidEntryTerm, sayNumber, alone},
	spans.RaftCommandKey:              {saidCommand, sayText, alone},
	spans.KVRequestIDKey:              {saidRequest, sayText, withNames},
	spans.KVResultKey:                 {saidResult, sayText, alone},
	spans.KVTryKey:                    {saidTry, sayNumber, alone},
	spans.KVLeaderIDKey:               {saidLeader, sayLeader, alone},
	spans.RaftOutcomeKey:              {saidOutcome, sayText, alone},
	spans.RaftVotesKey:                {saidVotes, sayNumber, alone},
	spans.RaftHeartbeatKey:            {saidHeartbeat, sayNumber, alone},
	spans.RaftkvFaultKey:              {saidFault, sayText, withAll},
	spans.RaftkvFaultTargetKey:        {saidFaultTarget, sayText, withAll},
	spans.RaftkvAnsweredCopyKey:       {saidAnsweredCopy, sayNumber, alone},
	spans.RaftkvStepKey:               {saidStep, sayNumber, alone},
	spans.RaftkvEndStepKey:            {saidEndStep, sayNumber, alone},
	spans.KVKeyKey:                    {saidKey, sayText, alone},
	spans.KVValueKey:                  {saidValue, sayText, alone},
	spans.RaftEntriesKey:              {saidEntries, sayList, withEntries},
	spans.RaftCommitAcknowledgedByKey: {saidAcknowledged, sayList, alone},
	spans.RaftPeersKey:                {saidPeers, sayList, alone},
	spans.RaftEntriesCountKey:         {saidEntriesCount, sayNumber, withEntries},
	spans.RaftVotedForKey:             {saidVotedFor, sayVote, alone},
	spans.RaftMessageTermKey:          {saidMessageTerm, sayNumber, alone},
	spans.RaftReplyTermKey:            {saidReplyTerm, sayNumber, alone},
	spans.RaftEndTermKey:              {saidEndTerm, sayNumber, alone},
	spans.RaftEndRoleKey:              {saidEndRole, sayRole, alone},
	spans.RaftNextIndexKey:            {saidNextIndex, sayNumber, alone},
	spans.RaftRoleBeforeKey:           {saidRoleBefore, sayRole, alone},
	spans.RaftkvBuildKey:              {saidBuild, sayText, alone},
	spans.ServerAddressKey:            {saidNothing, sayThere, withNames},
	spans.PeerServiceKey:              {saidNothing, sayThere, withNames},
}

// process is one that was named, or noProcess.
func (s *said) process(f field) processPlace {
	if s[f] == 0 {
		return noProcess
	}
	return processPlace(s[f] - 1)
}

// vote is who got a vote: nobody, or untold where there is no such attribute.
func (s *said) vote() processPlace {
	switch s[saidVotedFor] {
	case 0:
		return untold
	case 1:
		return nobody
	}
	return processPlace(s[saidVotedFor] - 2)
}

// text is the number of one; noText where there is none.
func (s *said) text(f field) uint32 { return uint32(s[f]) }

// step is the number of a step; 0 where there is none.
func (s *said) step(f field) uint32 { return uint32(min(s[f], math.MaxUint32)) }
