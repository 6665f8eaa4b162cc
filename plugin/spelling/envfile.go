package spelling

import (
	"regexp"
	"strings"
	"unicode"
)

// reference is ${NAME} or ${NAME:-DEFAULT}.
var reference = regexp.MustCompile(`\$\{([^}:]*)(?::-([^}]*))?\}`)

var (
	singleEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`)
	doubleEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\a`, "\a", `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v")
)

// readEnvFile reads the text of a .env file as python-dotenv 1.2 does, which the
// official operator uses: the docker CLI's files know neither quotes nor export,
// and other libraries differ in what a # or a $ means. A line that cannot be read
// is left out. References are to what the file said before, or else to known.
func readEnvFile(text string, known map[string]string) *variables {
	read := &variables{}
	for r := (&envReader{strings.TrimPrefix(text, "\ufeff")}); r.rest != ""; {
		name, value, ok := r.binding()
		switch {
		case !ok:
			r.take(notLineEnd)
			r.lineEnd()
		case name != "":
			read.set(name, expand(value, read, known))
		}
	}
	return read
}

// envReader takes a text apart from its beginning to its end.
type envReader struct {
	rest string
}

// take returns what comes next of the runes that fit.
func (r *envReader) take(fits func(rune) bool) string {
	end := strings.IndexFunc(r.rest, func(c rune) bool { return !fits(c) })
	if end < 0 {
		end = len(r.rest)
	}
	return r.skip(end)
}

func (r *envReader) skip(length int) string {
	taken := r.rest[:length]
	r.rest = r.rest[length:]
	return taken
}

// binding returns a name and its value, the name empty for a comment or for the
// text's end, and the value nil for a name alone; ok is false for what is neither.
func (r *envReader) binding() (name string, value *string, ok bool) {
	r.take(isSpace)
	if r.rest == "" {
		return "", nil, true
	}
	if after, found := strings.CutPrefix(r.rest, "export"); found {
		if trimmed := strings.TrimLeftFunc(after, isBlank); trimmed != after {
			r.rest = trimmed
		}
	}
	if !strings.HasPrefix(r.rest, "#") {
		if name, ok = r.name(); !ok {
			return "", nil, false
		}
	}
	r.take(isBlank)
	if strings.HasPrefix(r.rest, "=") {
		r.skip(1)
		given, ok := r.value()
		if !ok {
			return "", nil, false
		}
		value = &given
	}
	r.take(isBlank)
	if strings.HasPrefix(r.rest, "#") {
		r.take(notLineEnd)
	}
	return name, value, r.lineEnd()
}

func (r *envReader) name() (string, bool) {
	if strings.HasPrefix(r.rest, "'") {
		end := strings.IndexByte(r.rest[1:], '\'')
		if end < 1 {
			return "", false
		}
		return strings.Trim(r.skip(end+2), "'"), true
	}
	name := r.take(func(c rune) bool { return c != '=' && c != '#' && !isSpace(c) })
	return name, name != ""
}

func (r *envReader) value() (string, bool) {
	if blank := r.take(isBlank); blank != "" && strings.HasPrefix(r.rest, "#") {
		return "", true
	}
	switch {
	case strings.HasPrefix(r.rest, "'"):
		return r.quoted('\'', singleEscapes)
	case strings.HasPrefix(r.rest, `"`):
		return r.quoted('"', doubleEscapes)
	}
	return strings.TrimRightFunc(withoutComment(r.take(notLineEnd)), isSpace), true
}

func (r *envReader) quoted(quote byte, escapes *strings.Replacer) (string, bool) {
	for end := 1; end < len(r.rest); end++ {
		switch r.rest[end] {
		case '\\':
			end++
		case quote:
			return escapes.Replace(r.skip(end + 1)[1:end]), true
		}
	}
	return "", false
}

// lineEnd takes the end of a line, or of the text, and says whether it was there.
func (r *envReader) lineEnd() bool {
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if strings.HasPrefix(r.rest, end) {
			r.skip(len(end))
			return true
		}
	}
	return r.rest == ""
}

// withoutComment cuts at the first # after a space.
func withoutComment(text string) string {
	for from := 0; ; {
		at := strings.IndexByte(text[from:], '#')
		if at < 0 {
			return text
		}
		before := text[:from+at]
		if strings.TrimRightFunc(before, isSpace) != before {
			return before
		}
		from += at + 1
	}
}

func expand(value *string, read *variables, known map[string]string) *string {
	if value == nil {
		return nil
	}
	expanded := reference.ReplaceAllStringFunc(*value, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		if said, there := read.values[parts[1]]; there {
			if said == nil {
				return ""
			}
			return *said
		}
		if outside, there := known[parts[1]]; there {
			return outside
		}
		return parts[2]
	})
	return &expanded
}

func notLineEnd(c rune) bool { return c != '\r' && c != '\n' }

// isSpace is what Python takes for one.
func isSpace(c rune) bool { return unicode.IsSpace(c) || 0x1c <= c && c <= 0x1f }

func isBlank(c rune) bool { return isSpace(c) && notLineEnd(c) }
