//go:build !linux

package folder

// Unmount has nothing to do where no engine of the machine's own can run.
func Unmount(string) error { return nil }

func mountsBelow(string) ([]string, error) { return nil, nil }
