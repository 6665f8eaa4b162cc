package spelling

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// maxExact is where whole numbers end that JSON and protobuf's Value hold exactly.
const maxExact = 1 << 53

var (
	text    = spelling[string]{"text", as[string]}
	word    = spelling[string]{"text or a number", wordOf}
	flag    = spelling[bool]{"true or false", as[bool]}
	integer = spelling[int64]{"a whole number", integerOf}
	number  = spelling[float64]{"a number", as[float64]}
	size    = spelling[string]{"a number of bytes, or text such as 64m", sizeOf}
	seconds = spelling[*durationpb.Duration]{"a number of seconds", secondsOf}
	words   = spelling[[]string]{"a list of words", wordsOf}
	names   = spelling[[]string]{"text, or a list of texts and numbers", namesOf}
	texts   = spelling[map[string]string]{"an object of texts and numbers", textsOf}
	labels  = spelling[map[string]string]{"an object of texts, or a list of names", labelsOf}
	object  = spelling[*structpb.Struct]{"an object", objectOf}
)

func as[T any](value any) (T, error) {
	converted, ok := value.(T)
	if !ok {
		return converted, errShape
	}
	return converted, nil
}

// optionalFlag is a flag that has a third value: not given.
var optionalFlag = spelling[*bool]{flag.expected, func(value any) (*bool, error) {
	given, err := as[bool](value)
	return &given, err
}}

// oneOf is a text of a few, each of which stands for a value.
func oneOf[T any](meanings map[string]T) spelling[T] {
	expected := "one of " + strings.Join(slices.Sorted(maps.Keys(meanings)), ", ")
	return spelling[T]{expected, func(value any) (T, error) {
		given, err := as[string](value)
		if err != nil {
			var none T
			return none, err
		}
		meaning, known := meanings[given]
		if !known {
			return meaning, fmt.Errorf("%q is none of its values; expected %s", given, expected)
		}
		return meaning, nil
	}}
}

func wordOf(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case float64:
		if value != math.Trunc(value) {
			return strconv.FormatFloat(value, 'g', -1, 64), nil
		}
		whole, err := integerOf(value)
		return strconv.FormatInt(whole, 10), err
	}
	return "", errShape
}

func integerOf(value any) (int64, error) {
	switch value := value.(type) {
	case string:
		if whole, err := strconv.ParseInt(value, 10, 64); err == nil {
			return whole, nil
		}
	case float64:
		if math.Abs(value) >= maxExact {
			return 0, errors.New("the number has more digits than JSON keeps; give it as text")
		}
		if value == math.Trunc(value) {
			return int64(value), nil
		}
	}
	return 0, errShape
}

func sizeOf(value any) (string, error) {
	if bytes, isNumber := value.(float64); isNumber {
		value = math.Trunc(bytes)
	}
	return wordOf(value)
}

func secondsOf(value any) (*durationpb.Duration, error) {
	given, err := as[float64](value)
	if err != nil {
		return nil, err
	}
	if math.Abs(given) > math.MaxInt32 {
		return nil, fmt.Errorf("%g seconds are more than any task takes; leave it out for no bound", given)
	}
	return durationpb.New(time.Duration(math.RoundToEven(given*1000)) * time.Millisecond), nil
}

func wordsOf(value any) ([]string, error) {
	list, err := as[[]any](value)
	if err != nil {
		return nil, err
	}
	return each(list, as[string])
}

func namesOf(value any) ([]string, error) {
	if one, isText := value.(string); isText {
		return []string{one}, nil
	}
	list, err := as[[]any](value)
	if err != nil {
		return nil, err
	}
	return each(list, wordOf)
}

// each converts the items of a list.
func each[T any](list []any, convert func(any) (T, error)) ([]T, error) {
	converted := make([]T, 0, len(list))
	for _, item := range list {
		one, err := convert(item)
		if err != nil {
			return nil, err
		}
		converted = append(converted, one)
	}
	return converted, nil
}

// textsOf leaves out what is null.
func textsOf(value any) (map[string]string, error) {
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	converted := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] == nil {
			continue
		}
		if converted[name], err = member(name, given[name]); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// member is the value of an object's member, as text. True and false are spelled
// as in Python, where most parameters come from.
func member(name string, value any) (string, error) {
	switch value {
	case true:
		return "True", nil
	case false:
		return "False", nil
	}
	written, err := wordOf(value)
	if errors.Is(err, errShape) {
		return "", fmt.Errorf("the value of %s is %s; expected text or a number", name, kindOf(value))
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return written, nil
}

func labelsOf(value any) (map[string]string, error) {
	list, isList := value.([]any)
	if !isList {
		return textsOf(value)
	}
	names, err := wordsOf(list)
	if err != nil {
		return nil, err
	}
	empty := map[string]string{}
	for _, name := range names {
		empty[name] = ""
	}
	return empty, nil
}

func objectOf(value any) (*structpb.Struct, error) {
	given, err := as[map[string]any](value)
	if err != nil {
		return nil, err
	}
	return structpb.NewStruct(given)
}
