// What kv.yaml declares, for those who do not import package kv yet.

package protocol

import "github.com/raftkv/raftkv/raftkv/kv"

type (
	Answered          = kv.Answered
	ClientDelete      = kv.ClientDelete
	ClientDeleteReply = kv.ClientDeleteReply
	ClientGet         = kv.ClientGet
	ClientGetReply    = kv.ClientGetReply
	ClientHandler     = kv.ClientHandler
	ClientID          = kv.ClientID
	ClientPut         = kv.ClientPut
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
	AppendCommand   = kv.AppendCommand
	AppendRequestID = kv.AppendRequestID
	AppendResult    = kv.AppendResult
	CloneCommand    = kv.CloneCommand
	CloneResult     = kv.CloneResult
	DecodeCommand   = kv.DecodeCommand
	DecodeRequestID = kv.DecodeRequestID
	DecodeResult    = kv.DecodeResult
	EqualCommand    = kv.EqualCommand
	EqualResult     = kv.EqualResult
	ParseClientID   = kv.ParseClientID
	ParseNodeID     = kv.ParseNodeID
)
