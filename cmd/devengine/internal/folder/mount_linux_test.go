package folder

import "testing"

func TestUnescape(t *testing.T) {
	for escaped, want := range map[string]string{
		`/plain`:             "/plain",
		`/two\040words`:      "/two words",
		`/a\134b\011c`:       "/a\\b\tc",
		`/end\04`:            `/end\04`,
		`/\303\251t\303\251`: "/été",
	} {
		if got := unescape(escaped); got != want {
			t.Errorf("%s is %q, want %q", escaped, got, want)
		}
	}
}
