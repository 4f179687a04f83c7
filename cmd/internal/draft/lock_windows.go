package draft

import "os"

// hold locks a draft until it is closed: the system renames no folder that is open.
func hold(*os.File) bool { return true }

// free says whether no process works on a draft: then it can be renamed.
func free(draft *os.File) bool {
	path := draft.Name()
	return draft.Close() == nil && os.Rename(path, path+"-") == nil && os.Rename(path+"-", path) == nil
}
