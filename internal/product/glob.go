package product

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// Glob is a compiled pattern of absolute paths:
//
//   - any characters but "/", leading dots included (not recursive)
//     **       a whole path element only: any depth; "/a/**" is all below /a,
//     "/a/**/b" is b in /a or in any directory below it
//     ?        one character but "/"
//     [ab-z]   one of these; [!a] none of these
//     {a,b}    either; not nested
//     \x       x itself
type Glob struct {
	pattern, ere, root string
	re                 *regexp.Regexp
	recursive          bool
}

// CompileGlob compiles a pattern. The error says what is wrong with it.
func CompileGlob(pattern string) (*Glob, error) {
	if err := checkPath(pattern); err != nil {
		return nil, err
	}
	elements := strings.Split(pattern, "/")[1:]
	g := &Glob{pattern: pattern, recursive: false}
	var out strings.Builder
	out.WriteString("/")
	for i, element := range elements {
		last := i == len(elements)-1
		if element == "**" {
			g.recursive = true
			if last {
				out.WriteString(".+")
			} else {
				out.WriteString("(.*/)?")
			}
			continue
		}
		if strings.Contains(element, "**") {
			return nil, errors.New(`"**" must be a whole path element, as in "/etc/bm/**"`)
		}
		text, err := elementERE(element)
		if err != nil {
			return nil, err
		}
		out.WriteString(text)
		if !last {
			out.WriteString("/")
		}
	}
	g.ere = out.String()
	g.root = globRoot(elements)
	re, err := regexp.Compile("(?s)^" + g.ere + "$")
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	g.re = re
	return g, nil
}

// String returns the pattern as it was written.
func (g *Glob) String() string { return g.pattern }

// Match reports whether the absolute, clean path is meant.
func (g *Glob) Match(name string) bool { return g.re.MatchString(name) }

// Recursive reports whether the pattern holds "**".
func (g *Glob) Recursive() bool { return g.recursive }

// Root is the deepest path without a wildcard: where a search starts. For a
// pattern without wildcards it is the path itself.
func (g *Glob) Root() string { return g.root }

// ERE is the pattern as a POSIX extended regular expression for the whole path,
// fit for find -regextype posix-extended -regex.
func (g *Glob) ERE() string { return g.ere }

// globRoot joins the elements before the first that holds a wildcard.
func globRoot(elements []string) string {
	root := "/"
	for _, element := range elements {
		if strings.ContainsAny(element, `*?[{`) {
			return root
		}
		root = path.Join(root, strings.ReplaceAll(element, `\`, ""))
	}
	return root
}

// elementERE translates one path element.
func elementERE(element string) (string, error) {
	var out strings.Builder
	runes := []rune(element)
	inBraces := false
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; r {
		case '*':
			out.WriteString("[^/]*")
		case '?':
			out.WriteString("[^/]")
		case '[':
			class, end, err := classERE(runes, i)
			if err != nil {
				return "", err
			}
			out.WriteString(class)
			i = end
		case '{', '}', ',':
			text, err := braceERE(r, inBraces)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
			inBraces = r == '{' || (r == ',' && inBraces)
		case '\\':
			if i++; i == len(runes) {
				return "", errors.New(`"\" at the end of a path element`)
			}
			out.WriteString(regexp.QuoteMeta(string(runes[i])))
		default:
			out.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	if inBraces {
		return "", errors.New(`"{" without "}" in the same path element`)
	}
	return out.String(), nil
}

// braceERE translates a brace, or a comma in or outside of braces.
func braceERE(r rune, inBraces bool) (string, error) {
	switch {
	case r == '{' && inBraces:
		return "", errors.New("braces cannot be nested")
	case r == '}' && !inBraces:
		return "", errors.New(`"}" without "{"`)
	case r == '{':
		return "(", nil
	case r == '}':
		return ")", nil
	case inBraces:
		return "|", nil
	default:
		return ",", nil
	}
}

// classERE translates the bracket expression that begins at start; it returns
// that and the index of its closing bracket.
func classERE(runes []rune, start int) (string, int, error) {
	from := start + 1
	negated := from < len(runes) && (runes[from] == '!' || runes[from] == '^')
	if negated {
		from++
	}
	length := strings.IndexRune(string(runes[from:]), ']')
	if length < 0 {
		return "", 0, errors.New(`"[" without "]" in the same path element`)
	}
	body := string(runes[from:])[:length]
	if err := checkClass([]rune(body)); err != nil {
		return "", 0, err
	}
	end := from + len([]rune(body))
	switch {
	case !negated:
		return "[" + body + "]", end, nil
	case strings.HasPrefix(body, "-"):
		// A hyphen is itself only at either end, so "/" goes after it.
		return "[^-/" + strings.Trim(body, "-") + "]", end, nil
	default:
		return "[^/" + body + "]", end, nil
	}
}

// checkClass says what cannot stand in brackets.
func checkClass(body []rune) error {
	if len(body) == 0 {
		return errors.New("empty brackets")
	}
	for i, r := range body {
		if r == '[' || r == '\\' || r == '^' {
			return fmt.Errorf("%q cannot stand in brackets", r)
		}
		if r != '-' || i == 0 || i == len(body)-1 {
			continue
		}
		if low, high := body[i-1], body[i+1]; low > high || (low <= '/' && high >= '/') {
			return fmt.Errorf("%c-%c is not a range of characters of a file name", low, high)
		}
	}
	return nil
}

// checkPath says why a text is not an absolute, clean path. A trailing slash is
// allowed.
func checkPath(name string) error {
	switch {
	case name == "":
		return errors.New("the path is empty")
	case !strings.HasPrefix(name, "/"):
		return errors.New(`the path is relative; it must begin with "/"`)
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the path holds a control character")
	case name == "/":
		return errors.New("the path is the root of the file system")
	case strings.Contains(name, "//"):
		return errors.New(`the path holds "//"`)
	}
	for _, element := range strings.Split(name, "/") {
		if element == "." || element == ".." {
			return fmt.Errorf("the path holds %q", element)
		}
	}
	return nil
}
