package declare

// File is what mail_file declares: one file, of which exactly one of Content, Lines and Replace says what it holds.
type File struct {
	Host    string        `json:"host"`
	Path    string        `json:"path"`
	Content *string       `json:"content,omitempty"` // all of it
	Lines   []string      `json:"lines,omitempty"`   // lines that are among its own
	Replace []Replacement `json:"replace,omitempty"` // texts that are others, one after the other
	Owner   string        `json:"owner,omitempty"`   // "user" or "user:group"; empty: not declared
	Mode    string        `json:"mode,omitempty"`    // octal; empty: not declared
	Reload  string        `json:"reload,omitempty"`  // a service that reads it; empty: none
}

// Replacement is a literal text that another one takes the place of.
type Replacement struct {
	From string `json:"from"`
	To   string `json:"to"`
}
