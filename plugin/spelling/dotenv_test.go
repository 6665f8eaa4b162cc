package spelling

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestEnvFileIsReadAsDotenvDoes compares with what python-dotenv itself read;
// pythonshim/tests/test_env_file.py keeps testdata/dotenv.json true.
func TestEnvFileIsReadAsDotenvDoes(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/dotenv.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []struct {
		Text string
		Read [][]*string
	}
	if err := json.Unmarshal(content, &texts); err != nil {
		t.Fatal(err)
	}
	for _, one := range texts {
		want := []string{}
		for _, variable := range one.Read {
			line := *variable[0]
			if variable[1] != nil {
				line += "=" + *variable[1]
			}
			want = append(want, line)
		}
		if got := readEnvFile(one.Text, map[string]string{"HOME": "/home/somebody"}).lines(); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", one.Text, got, want)
		}
	}
	if len(texts) < 1000 {
		t.Errorf("only %d texts", len(texts))
	}
}
