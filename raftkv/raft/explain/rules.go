package explain

import (
	"github.com/raftkv/raftkv/traces/explain"
)

// The rules of the algorithm that can hold something back, and where the paper has each, as sentences cite it.
var (
	// TermOver: what is of a term that is over does not count.
	TermOver = explain.Rule{Name: "term_over", Section: "§5.1"}
	// OneVote: a server has one vote in a term, and a term at most one leader.
	OneVote = explain.Rule{Name: "one_vote", Section: "§5.2"}
	// Votes: a leader needs the votes of a majority.
	Votes = explain.Rule{Name: "votes", Section: "§5.2"}
	// LogMatch: a follower takes entries only where its log matches the leader's.
	LogMatch = explain.Rule{Name: "log_match", Section: "§5.3"}
	// LeaderLog: what conflicts with the leader's log is removed.
	LeaderLog = explain.Rule{Name: "leader_log", Section: "§5.3"}
	// Copies: an entry is committed when a majority is known to hold it.
	Copies = explain.Rule{Name: "copies", Section: "§5.3"}
	// Matched: a follower commits as far as its log is known to equal the leader's.
	Matched = explain.Rule{Name: "matched", Section: "§5.3"}
	// UpToDate: a vote is for a log that is no less up to date.
	UpToDate = explain.Rule{Name: "up_to_date", Section: "§5.4.1"}
	// OwnTerm: a leader counts the copies of entries of its own term only.
	OwnTerm = explain.Rule{Name: "own_term", Section: "§5.4.2"}
	// CommittedStays: what is committed is never replaced.
	CommittedStays = explain.Rule{Name: "committed_stays", Section: "§5.4.3"}
	// LeaderOnly: only the leader takes a client's command.
	LeaderOnly = explain.Rule{Name: "leader_only", Section: "§8"}
	// ThroughLog: a command is answered when its entry is applied.
	ThroughLog = explain.Rule{Name: "through_log", Section: "§8"}
	// Once: an operation takes effect once, and its retry gets the first answer.
	Once = explain.Rule{Name: "once", Section: "§8"}
	// Window: so many AppendEntries may be on the way to a follower at a time.
	Window = explain.Rule{Name: "window", Section: "Ongaro's thesis, 10.2.1"}
)

// rules are all of them, in the paper's order.
func rules() []explain.Rule {
	return []explain.Rule{
		TermOver, OneVote, Votes, LogMatch, LeaderLog, Copies, Matched, UpToDate,
		OwnTerm, CommittedStays, LeaderOnly, ThroughLog, Once, Window,
	}
}
