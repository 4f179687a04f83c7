// Package content is what a span says, as it is compared and as it is told of.
//
//	print.go    a span as a few hashes, by which two are compared
//	fields.go   all that a span says, as names and texts, and what differs
//	phrase.go   what a span is, in words
//	ignored.go  attributes that are not looked at
package content
