package raft

import "slices"

// Clone is a server of its own in the same state, which shares nothing with n.
func (n *Node) Clone() *Node {
	c := *n
	c.state = n.state.Clone()
	c.peers, c.member, c.ranking = slices.Clone(n.peers), slices.Clone(n.member), slices.Clone(n.ranking)
	c.effects, c.saving, c.made = nil, nil, madeAppendEntries{}
	return &c
}
