//go:build unix && !aix && !solaris

package draft

import (
	"os"
	"syscall"
)

// hold locks a draft until it is closed, or its process ends in whatever way; false if another process has locked it.
func hold(draft *os.File) bool {
	return syscall.Flock(int(draft.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// free says whether no process works on a draft. It is locked then.
func free(draft *os.File) bool { return hold(draft) }
