package product

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

//go:embed catalogue/*.mail.hcl
var embedded embed.FS

// Catalogue holds the entries by name.
type Catalogue struct {
	entries map[string]*Entry
	files   map[string]*hcl.File
}

// Load reads the embedded entries and then the user's files. Each of patterns
// is a path or a glob (filepath.Match); a user's entry replaces an embedded one
// of the same name. The catalogue is never nil: with errors it holds what was
// sound, and Files still gives the sources that the diagnostics refer to.
func Load(patterns []string) (*Catalogue, hcl.Diagnostics) {
	c := &Catalogue{entries: map[string]*Entry{}, files: map[string]*hcl.File{}}
	names, err := fs.Glob(embedded, "catalogue/*.mail.hcl")
	if err != nil {
		return c, hcl.Diagnostics{problem("Built-in products cannot be read", err.Error(), nil)}
	}
	var diags hcl.Diagnostics
	for _, name := range names {
		source, err := embedded.ReadFile(name)
		if err != nil {
			diags = diags.Append(problem("Built-in product cannot be read", err.Error(), nil))
			continue
		}
		diags = diags.Extend(c.add(name, source, nil))
	}
	own := map[string]hcl.Range{}
	paths, more := expand(patterns)
	diags = diags.Extend(more)
	for _, path := range paths {
		source, err := os.ReadFile(path) //nolint:gosec // the files that the user names
		if err != nil {
			diags = diags.Append(problem("Product file cannot be read", err.Error(), nil))
			continue
		}
		diags = diags.Extend(c.add(path, source, own))
	}
	return c, diags
}

// Parse reads one file's text and returns its entries in the order in which
// they stand there. The name is used in diagnostics only.
func Parse(name string, source []byte) ([]*Entry, hcl.Diagnostics) {
	_, entries, _, diags := parse(name, source)
	return entries, diags
}

// Entry returns the entry of that name. The error lists the names there are.
func (c *Catalogue) Entry(name string) (*Entry, error) {
	if entry, ok := c.entries[name]; ok {
		return entry, nil
	}
	hint := ""
	if near := nearest(name, c.Names()); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return nil, fmt.Errorf("no product %q%s; there are: %s", name, hint, strings.Join(c.Names(), ", "))
}

// Names returns the names of all entries, sorted.
func (c *Catalogue) Names() []string {
	names := make([]string, 0, len(c.entries))
	for name := range c.entries {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Files returns the parsed sources by the name used in diagnostics.
func (c *Catalogue) Files() map[string]*hcl.File { return c.files }

// WriteDiagnostics writes diagnostics as Terraform does: summary, file, line,
// the faulty text, detail; without colour and without wrapping.
func WriteDiagnostics(w io.Writer, diags hcl.Diagnostics, files map[string]*hcl.File) error {
	if err := hcl.NewDiagnosticTextWriter(w, files, 0, false).WriteDiagnostics(diags); err != nil {
		return fmt.Errorf("write diagnostics: %w", err)
	}
	return nil
}

// add parses a source and takes its entries in. With own (the names that the
// user's files have defined so far), a second definition is an error; without
// it any second definition is.
func (c *Catalogue) add(name string, source []byte, own map[string]hcl.Range) hcl.Diagnostics {
	file, entries, ranges, diags := parse(name, source)
	if file != nil {
		c.files[name] = file
	}
	for i, entry := range entries {
		first, again := own[entry.Name]
		if own == nil {
			_, again = c.entries[entry.Name]
		}
		if again {
			detail := fmt.Sprintf("The product %q was defined before.", entry.Name)
			if own != nil {
				detail = fmt.Sprintf("The product %q was defined at %s.", entry.Name, first)
			}
			diags = diags.Append(problem("Duplicate product", detail, &ranges[i]))
			continue
		}
		c.entries[entry.Name] = entry
		if own != nil {
			own[entry.Name] = ranges[i]
		}
	}
	return diags
}

// parse returns the sound entries of a source with the ranges of their headers.
// Entries of one name in one source are all returned; add rejects the second.
func parse(name string, source []byte) (*hcl.File, []*Entry, []hcl.Range, hcl.Diagnostics) {
	file, diags := hclsyntax.ParseConfig(source, name, hcl.InitialPos)
	if diags.HasErrors() {
		return file, nil, nil, diags
	}
	d := &decoder{diags: diags}
	root := d.content(file.Body, rootSchema())
	if len(root.Blocks) == 0 && !d.diags.HasErrors() {
		start := file.Body.MissingItemRange()
		d.report("No product", `The file defines no product. A product is a block: product "name" { … }.`, &start)
	}
	var entries []*Entry
	var ranges []hcl.Range
	for _, block := range root.Blocks {
		before := len(d.diags.Errs())
		entry := d.entry(block)
		if len(d.diags.Errs()) == before {
			entries = append(entries, entry)
			ranges = append(ranges, block.DefRange)
		}
	}
	sort.SliceStable(d.diags, func(i, j int) bool { return place(d.diags[i]) < place(d.diags[j]) })
	return file, entries, ranges, d.diags
}

// place orders the diagnostics of one file: as they are read.
func place(diag *hcl.Diagnostic) int {
	if diag.Subject == nil {
		return 0
	}
	return diag.Subject.Start.Byte
}

// expand resolves the patterns; a path that stands in two is read once.
func expand(patterns []string) ([]string, hcl.Diagnostics) {
	var paths []string
	var diags hcl.Diagnostics
	seen := map[string]bool{}
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		switch {
		case err != nil:
			diags = diags.Append(problem("Bad pattern of product files", fmt.Sprintf("%q: %s.", pattern, err), nil))
		case len(found) == 0:
			diags = diags.Append(problem("No product file", fmt.Sprintf("%q matches no file.", pattern), nil))
		}
		for _, path := range found {
			if !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	return paths, diags
}

// problem makes an error diagnostic.
func problem(summary, detail string, at *hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: at}
}
