package read_test

import (
	"strings"
	"testing"
)

// Files with marks of UTF-8 may have been joined, and null is a message without fields, as a line, in an array, and
// over lines.
func TestReadMarksAndNulls(t *testing.T) {
	one, two := string(write(t, plainStub(1))), string(write(t, plainStub(2)))
	pretty := strings.Replace(two, "{", "{\n", 1)
	const mark = "\xef\xbb\xbf"
	for name, file := range map[string]string{
		"joined":             mark + one + mark + two,
		"joined, over lines": mark + one + mark + pretty,
		"both over lines":    mark + strings.Replace(one, "{", "{\n", 1) + mark + pretty,
		"lines":              "null\n" + one + " null \n" + two + "null",
		"over lines":         "null\n" + one + "null\n" + pretty + "null",
		"in an array":        "[null," + one + ",null," + two + "]",
	} {
		spans, err := tryRead([]byte(file))
		if err != nil || len(spans) != 2 {
			t.Errorf("%s: %d spans, %v", name, len(spans), err)
		}
	}
}
