// Package function carries the program that runs a task's Python function in its
// container.
package function

import _ "embed"

// Program is its source, for Python 3.7 or newer. See protocol.Program.
//
//go:embed in_container.py
var Program []byte
