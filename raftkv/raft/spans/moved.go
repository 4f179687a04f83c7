// What kv.yaml and world.yaml declare, for those who do not import their packages yet.

package spans

import (
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

const (
	ClientStartID              = kvspans.ClientStartID
	ClientStartName            = kvspans.ClientStartName
	DeleteClientID             = kvspans.DeleteClientID
	DeleteClientName           = kvspans.DeleteClientName
	GetClientID                = kvspans.GetClientID
	GetClientName              = kvspans.GetClientName
	KVClientIDKey              = kvspans.KVClientIDKey
	KVDeleteID                 = kvspans.KVDeleteID
	KVDeleteName               = kvspans.KVDeleteName
	KVGetID                    = kvspans.KVGetID
	KVGetName                  = kvspans.KVGetName
	KVKeyKey                   = kvspans.KVKeyKey
	KVLeaderIDKey              = kvspans.KVLeaderIDKey
	KVPutID                    = kvspans.KVPutID
	KVPutName                  = kvspans.KVPutName
	KVRequestIDKey             = kvspans.KVRequestIDKey
	KVResultKey                = kvspans.KVResultKey
	KVTryKey                   = kvspans.KVTryKey
	KVValueKey                 = kvspans.KVValueKey
	PutClientID                = kvspans.PutClientID
	PutClientName              = kvspans.PutClientName
	RaftPeerIDKey              = kvspans.RaftPeerIDKey
	RaftReplyKey               = kvspans.RaftReplyKey
	ServiceClient              = kvspans.ServiceClient
	ServiceNode                = kvspans.ServiceNode
	TurnConsumerID             = kvspans.TurnConsumerID
	TurnConsumerName           = kvspans.TurnConsumerName
	TurnProducerID             = kvspans.TurnProducerID
	TurnProducerName           = kvspans.TurnProducerName
	CauseCounterfactual        = worldspans.CauseCounterfactual
	CauseFault                 = worldspans.CauseFault
	CauseNetwork               = worldspans.CauseNetwork
	ErrorTypeCrash             = worldspans.ErrorTypeCrash
	ErrorTypeKey               = worldspans.ErrorTypeKey
	ErrorTypeLost              = worldspans.ErrorTypeLost
	ErrorTypeTimeout           = worldspans.ErrorTypeTimeout
	ErrorTypeUnfinished        = worldspans.ErrorTypeUnfinished
	ErrorTypeViolation         = worldspans.ErrorTypeViolation
	EventDelay                 = worldspans.EventDelay
	EventDrop                  = worldspans.EventDrop
	EventDuplicate             = worldspans.EventDuplicate
	EventLateCopy              = worldspans.EventLateCopy
	FaultCrash                 = worldspans.FaultCrash
	FaultElect                 = worldspans.FaultElect
	FaultHeal                  = worldspans.FaultHeal
	FaultID                    = worldspans.FaultID
	FaultIsolate               = worldspans.FaultIsolate
	FaultLoseUnsynced          = worldspans.FaultLoseUnsynced
	FaultName                  = worldspans.FaultName
	FaultPartition             = worldspans.FaultPartition
	FaultPause                 = worldspans.FaultPause
	FaultRestart               = worldspans.FaultRestart
	FaultRollback              = worldspans.FaultRollback
	FaultSkew                  = worldspans.FaultSkew
	FaultSkipSync              = worldspans.FaultSkipSync
	FaultSlow                  = worldspans.FaultSlow
	FaultStall                 = worldspans.FaultStall
	LinkCommit                 = worldspans.LinkCommit
	LinkEntry                  = worldspans.LinkEntry
	LinkFault                  = worldspans.LinkFault
	LinkLeader                 = worldspans.LinkLeader
	LinkPrevious               = worldspans.LinkPrevious
	LinkProducer               = worldspans.LinkProducer
	PeerServiceKey             = worldspans.PeerServiceKey
	RPCMethodKey               = worldspans.RPCMethodKey
	RPCSystemNameKey           = worldspans.RPCSystemNameKey
	RaftUnfinishedKey          = worldspans.RaftUnfinishedKey
	RaftkvAnsweredCopyKey      = worldspans.RaftkvAnsweredCopyKey
	RaftkvBuildKey             = worldspans.RaftkvBuildKey
	RaftkvCauseKey             = worldspans.RaftkvCauseKey
	RaftkvConfigKey            = worldspans.RaftkvConfigKey
	RaftkvCopyKey              = worldspans.RaftkvCopyKey
	RaftkvDelayNsKey           = worldspans.RaftkvDelayNsKey
	RaftkvEndStepKey           = worldspans.RaftkvEndStepKey
	RaftkvFaultAimedAtKey      = worldspans.RaftkvFaultAimedAtKey
	RaftkvFaultByNsKey         = worldspans.RaftkvFaultByNsKey
	RaftkvFaultKey             = worldspans.RaftkvFaultKey
	RaftkvFaultOneWayKey       = worldspans.RaftkvFaultOneWayKey
	RaftkvFaultRatePermilleKey = worldspans.RaftkvFaultRatePermilleKey
	RaftkvFaultTargetKey       = worldspans.RaftkvFaultTargetKey
	RaftkvFaultTornKey         = worldspans.RaftkvFaultTornKey
	RaftkvFaultWhenKey         = worldspans.RaftkvFaultWhenKey
	RaftkvInvariantKey         = worldspans.RaftkvInvariantKey
	RaftkvLinkKey              = worldspans.RaftkvLinkKey
	RaftkvScenarioKey          = worldspans.RaftkvScenarioKey
	RaftkvSeedKey              = worldspans.RaftkvSeedKey
	RaftkvStepKey              = worldspans.RaftkvStepKey
	RaftkvViolationFactsKey    = worldspans.RaftkvViolationFactsKey
	RunID                      = worldspans.RunID
	RunName                    = worldspans.RunName
	ServerAddressKey           = worldspans.ServerAddressKey
	ServiceWorld               = worldspans.ServiceWorld
	System                     = worldspans.System
	ViolationID                = worldspans.ViolationID
	ViolationName              = worldspans.ViolationName
)

type (
	ClientStartSpan  = kvspans.ClientStartSpan
	DeleteClientSpan = kvspans.DeleteClientSpan
	GetClientSpan    = kvspans.GetClientSpan
	KVDeleteSpan     = kvspans.KVDeleteSpan
	KVGetSpan        = kvspans.KVGetSpan
	KVPutSpan        = kvspans.KVPutSpan
	PutClientSpan    = kvspans.PutClientSpan
	TurnConsumerSpan = kvspans.TurnConsumerSpan
	TurnProducerSpan = kvspans.TurnProducerSpan
	FaultSpan        = worldspans.FaultSpan
	RunSpan          = worldspans.RunSpan
	ViolationSpan    = worldspans.ViolationSpan
)

type (
	Ref           = span.Ref
	Begin         = span.Begin
	Link          = span.Link
	Clock         = span.Clock
	Level         = span.Level
	Spec          = span.Spec
	AttributeSpec = span.AttributeSpec
	LinkSpec      = span.LinkSpec
	EventSpec     = span.EventSpec
)

const Scope = worldspans.Scope

var LinkTo = worldspans.LinkTo
