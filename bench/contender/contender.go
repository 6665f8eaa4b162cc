// Package contender is how bench/contenders.py speaks to a program that it
// measures: a line of standard input asks for the work once, a line of JSON
// answers with its figures.
package contender

import (
	"bufio"
	"encoding/json"
	"os"
)

// Answer works until nothing more is asked, or until the first error.
func Answer(work func() (map[string]any, error)) error {
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		figures, err := work()
		if err != nil {
			return err
		}
		if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
			return err
		}
	}
	return nil
}
