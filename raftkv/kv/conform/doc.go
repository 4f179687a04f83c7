// Package conform is what a check of traces knows of the store and its clients, whatever protocol replicates it: what
// their spans tell, the history of the clients' operations, and what the store had to answer.
//
// Open requests.go first; history.go and store.go have the rules.
package conform
