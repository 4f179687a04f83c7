// Package orders puts what clients asked for in an order, one for each key, that explains their answers: each operation
// takes effect at one moment between its asking and its answer (Herlihy and Wing 1990). Where there is none, it says
// which answer does not fit. It tells from a trace alone, and within a number of steps, whatever the machine.
//
//	orders.go  Gather takes in the spans; Of returns what is known of each operation
//	place.go   where in its time each operation of an order may have taken effect
//	search.go  an order of the operations of a key, if there is one
//	told.go    what is said of a key
package orders
