// What kv.yaml declares, for those who do not import package kv yet.

package protocol

import "github.com/raftkv/raftkv/raftkv/kv"

type (
	Answered          = kv.Answered
	ClientDeleteReply = kv.ClientDeleteReply
	ClientGetReply    = kv.ClientGetReply
	ClientID          = kv.ClientID
	ClientPutReply    = kv.ClientPutReply
	Command           = kv.Command
	Delete            = kv.Delete
	Deleted           = kv.Deleted
	Found             = kv.Found
	Get               = kv.Get
	KeyExists         = kv.KeyExists
	KeyNotFound       = kv.KeyNotFound
	NodeID            = kv.NodeID
	Noop              = kv.Noop
	NotLeader         = kv.NotLeader
	Nothing           = kv.Nothing
	OutcomeUnknown    = kv.OutcomeUnknown
	Put               = kv.Put
	ReplicationFailed = kv.ReplicationFailed
	RequestID         = kv.RequestID
	Result            = kv.Result
	Sequence          = kv.Sequence
	Stored            = kv.Stored
)

var (
	ParseClientID = kv.ParseClientID
	ParseNodeID   = kv.ParseNodeID
)
