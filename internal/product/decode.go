package product

import (
	"fmt"
	"math/big"
	"sort"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// decoder turns blocks into values and collects what is wrong with them. Each
// method reports at the narrowest range: an attribute's value, or one element.
type decoder struct{ diags hcl.Diagnostics }

// item is a text with the place where it stands.
type item struct {
	text string
	at   hcl.Range
}

func (d *decoder) report(summary, detail string, at *hcl.Range) {
	d.diags = d.diags.Append(problem(summary, detail, at))
}

// content reads a body; unknown names come out as errors with a suggestion.
func (d *decoder) content(body hcl.Body, schema *hcl.BodySchema) *hcl.BodyContent {
	content, diags := body.Content(schema)
	d.diags = d.diags.Extend(diags)
	return content
}

// value evaluates an expression as a type. It returns false when that failed;
// the reason is reported.
func (d *decoder) value(expr hcl.Expression, want cty.Type) (cty.Value, bool) {
	v, diags := expr.Value(nil)
	d.diags = d.diags.Extend(diags)
	if diags.HasErrors() {
		return v, false
	}
	at := expr.Range()
	if v.IsMarked() || !v.IsWhollyKnown() {
		d.report("Unsuitable value", "A known value is needed.", &at)
		return v, false
	}
	if v.IsNull() {
		d.report("Unsuitable value", "The value is null; leave the argument out instead.", &at)
		return v, false
	}
	if v.Type() != want { // no conversion: "25" is not 25, and "true" is a word
		d.report("Unsuitable value type", fmt.Sprintf("A %s is needed, this is a %s.", want.FriendlyName(), v.Type().FriendlyName()), &at)
		return v, false
	}
	return v, true
}

// text reads a string that is not empty; "" where the attribute is missing.
func (d *decoder) text(attrs hcl.Attributes, name string) string {
	return d.item(attrs, name).text
}

func (d *decoder) item(attrs hcl.Attributes, name string) item {
	attr, ok := attrs[name]
	if !ok {
		return item{}
	}
	return d.itemOf(attr.Expr)
}

func (d *decoder) itemOf(expr hcl.Expression) item {
	at := expr.Range()
	v, ok := d.value(expr, cty.String)
	if !ok {
		return item{}
	}
	text := v.AsString()
	if text == "" || strings.ContainsRune(text, 0) {
		d.report("Unsuitable value", "The text is empty or holds a NUL.", &at)
		return item{}
	}
	return item{text: text, at: at}
}

// elements returns the expressions of a list.
func (d *decoder) elements(attrs hcl.Attributes, name string) []hcl.Expression {
	attr, ok := attrs[name]
	if !ok {
		return nil
	}
	return d.elementsOf(attr.Expr)
}

func (d *decoder) elementsOf(expr hcl.Expression) []hcl.Expression {
	list, diags := hcl.ExprList(expr)
	if diags.HasErrors() {
		at := expr.Range()
		d.report("Unsuitable value type", "A list in brackets is needed.", &at)
		return nil
	}
	return list
}

// items reads a list of strings; twice the same text is an error.
func (d *decoder) items(attrs hcl.Attributes, name string) []item {
	var items []item
	seen := map[string]bool{}
	for _, expr := range d.elements(attrs, name) {
		it := d.itemOf(expr)
		if it.text == "" {
			continue
		}
		if seen[it.text] {
			d.report("Duplicate element", fmt.Sprintf("%q stands in the list already.", it.text), &it.at)
			continue
		}
		seen[it.text] = true
		items = append(items, it)
	}
	return items
}

func (d *decoder) texts(attrs hcl.Attributes, name string) []string {
	return texts(d.items(attrs, name))
}

// command reads an argument vector. Words may repeat and, but for the first, be empty.
func (d *decoder) command(attrs hcl.Attributes, name string) Command {
	attr, ok := attrs[name]
	if !ok {
		return nil
	}
	var argv Command
	at := attr.Expr.Range()
	before := len(d.diags)
	words := d.elementsOf(attr.Expr)
	if len(d.diags) > before {
		return nil
	}
	for _, expr := range words {
		v, ok := d.value(expr, cty.String)
		if !ok {
			return nil
		}
		argv = append(argv, v.AsString())
	}
	switch {
	case len(argv) == 0 || argv[0] == "":
		d.report("Empty command", `A command is a list of words, as in ["bmctl", "stop"].`, &at)
	case len(argv) == 1 && strings.ContainsAny(argv[0], " \t\n"):
		d.report("Command in one word", `A command is a list of words, as in ["bmctl", "stop"]; no shell splits it.`, &at)
	case strings.ContainsRune(strings.Join(argv, " "), 0):
		d.report("Unsuitable value", "A word of the command holds a NUL.", &at)
	}
	return argv
}

// duration reads a Go duration of at least 0; fallback where it is missing.
func (d *decoder) duration(attrs hcl.Attributes, name string, fallback time.Duration) time.Duration {
	it := d.item(attrs, name)
	if it.text == "" {
		return fallback
	}
	value, err := time.ParseDuration(it.text)
	if err != nil || value <= 0 {
		d.report("Bad duration", fmt.Sprintf(`%q is not a duration above zero, such as "90s", "10m" or "1h30m".`, it.text), &it.at)
		return fallback
	}
	return value
}

// truth reads a bool; false where it is missing.
func (d *decoder) truth(attrs hcl.Attributes, name string) bool {
	attr, ok := attrs[name]
	if !ok {
		return false
	}
	v, ok := d.value(attr.Expr, cty.Bool)
	return ok && v.True()
}

// portOf reads a port number; 0 where that failed.
func (d *decoder) portOf(expr hcl.Expression) int {
	v, ok := d.value(expr, cty.Number)
	if !ok {
		return 0
	}
	number, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || number < 1 || number > 65535 {
		at := expr.Range()
		d.report("Bad port", fmt.Sprintf("A port is a whole number from 1 to 65535, not %s.", v.AsBigFloat().Text('f', -1)), &at)
		return 0
	}
	return int(number)
}

// choice reads one of the words; the first where the attribute is missing.
func (d *decoder) choice(attrs hcl.Attributes, name string, words ...string) string {
	it := d.item(attrs, name)
	if it.text == "" {
		return words[0]
	}
	d.oneOf(it, name, words)
	return it.text
}

// oneOf reports a text that is none of the words, with the nearest of them.
func (d *decoder) oneOf(it item, what string, words []string) bool {
	if contains(words, it.text) {
		return true
	}
	detail := fmt.Sprintf("%q is not one of: %s.", it.text, list(words))
	if near := nearest(it.text, words); near != "" {
		detail += fmt.Sprintf(" Did you mean %q?", near)
	}
	d.report("Unknown "+what, detail, &it.at)
	return false
}

// nearest returns the word most like the given one, or "".
func nearest(given string, words []string) string {
	sorted := append([]string(nil), words...)
	sort.Strings(sorted)
	best, distance := "", 3
	for _, word := range sorted {
		if n := levenshtein.Distance(given, word, nil); n < distance {
			best, distance = word, n
		}
	}
	return best
}

func texts(items []item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.text)
	}
	return out
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

func list(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(quoted, ", ")
}
