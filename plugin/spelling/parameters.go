package spelling

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parameters are taken one after the other; what is left in the end is unknown.
// The first error stays, so that a request can be written down as one literal.
type parameters struct {
	given map[string]any
	// of says what has these parameters, when that is not the request itself.
	of    string
	names []string
	err   error
}

// errShape is a value that cannot be read as what is expected.
var errShape = errors.New("another value is expected")

// spelling is how a kind of value may be written.
type spelling[T any] struct {
	expected string
	convert  func(any) (T, error)
}

// read takes a parameter, which may have several names; null counts as not given.
func (s spelling[T]) read(p *parameters, names ...string) T {
	var none T
	name, value := p.take(names...)
	if value == nil {
		return none
	}
	converted, err := s.convert(value)
	switch {
	case errors.Is(err, errShape):
		p.fail("%s: expected %s, got %s", name, s.expected, kindOf(value))
		return none
	case err != nil:
		p.fail("%s: %w", name, err)
		return none
	}
	return converted
}

func (p *parameters) take(names ...string) (string, any) {
	var found string
	var value any
	for _, name := range names {
		p.names = append(p.names, name)
		given := p.given[name]
		delete(p.given, name)
		switch {
		case given == nil:
		case value != nil:
			p.fail("%s and %s are the same: give one of them", found, name)
		default:
			found, value = name, given
		}
	}
	return found, value
}

func (p *parameters) fail(format string, args ...any) {
	if p.err != nil {
		return
	}
	p.err = fmt.Errorf(format, args...)
	if p.of == "" {
		p.err = invalid("%w", p.err)
	}
}

// end returns what is wrong with the parameters.
func (p *parameters) end() error {
	if unknown := slices.Sorted(maps.Keys(p.given)); len(unknown) > 0 {
		known := "docs/hosting.md lists those that there are"
		if p.of != "" {
			known = "a " + p.of + " has " + strings.Join(p.names, ", ")
		}
		p.fail("there is no parameter %q; %s", unknown[0], known)
	}
	return p.err
}

// kindOf says what a value is, and never what is in it.
func kindOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return "true or false"
	case float64:
		return "a number"
	case []any:
		kinds := map[string]bool{}
		for _, item := range value {
			kinds[kindOf(item)] = true
		}
		if len(kinds) == 0 {
			return "an empty list"
		}
		return "a list with " + strings.Join(slices.Sorted(maps.Keys(kinds)), " and ")
	default:
		return "an object"
	}
}
