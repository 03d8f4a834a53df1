package product

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
)

// entry decodes a product block. Each block kind has its own method below; what
// spans blocks is in validate.go.
func (d *decoder) entry(block *hcl.Block) *Entry {
	d.name(block, "product")
	content := d.content(block.Body, entrySchema())
	attrs := content.Attributes
	e := &Entry{
		Name:         block.Labels[0],
		Title:        d.text(attrs, "title"),
		Version:      d.command(attrs, "version"),
		ExternalURL:  d.command(attrs, "external_url"),
		SetUp:        d.command(attrs, "set_up"),
		Subscription: d.command(attrs, "subscription"),
		Proof:        d.command(attrs, "proof"),
		Export:       d.command(attrs, "export"),
		Timers:       d.texts(attrs, "timers"),
	}
	for _, it := range d.items(attrs, "volatile") {
		e.Volatile = append(e.Volatile, d.glob(it))
	}
	for _, it := range d.items(attrs, "certificates") {
		d.path(it)
		e.Certificates = append(e.Certificates, it.text)
	}
	d.unique(content.Blocks)
	for _, b := range content.Blocks {
		d.block(e, b)
	}
	d.references(e, content.Blocks)
	d.orders(e, attrs)
	return e
}

// block decodes one block of an entry.
func (d *decoder) block(e *Entry, b *hcl.Block) {
	switch b.Type {
	case "service":
		e.Services = append(e.Services, d.service(b))
	case "tree":
		e.Trees = append(e.Trees, d.tree(b))
	case "files":
		e.Files = append(e.Files, d.files(b))
	case "database":
		attrs := d.content(b.Body, schema([]string{"engine!", "user"})).Attributes
		e.Databases = append(e.Databases, Database{
			Name: b.Labels[0], Engine: d.choice(attrs, "engine", "postgresql", "mysql", "ldap", "command"), User: d.text(attrs, "user"),
		})
	case "port":
		e.Ports = append(e.Ports, d.port(b))
	case "check":
		e.Checks = append(e.Checks, d.check(b))
	case "before_open":
		e.BeforeOpen = append(e.BeforeOpen, d.job(b))
	case "format":
		e.Formats = append(e.Formats, d.format(b))
	case "release":
		e.Releases = append(e.Releases, d.release(b))
	case "active":
		attrs := d.content(b.Body, schema([]string{"status!", "on!", "off!"})).Attributes
		e.Active = &Active{Role: b.Labels[0], Status: d.command(attrs, "status"), On: d.command(attrs, "on"), Off: d.command(attrs, "off")}
	case "queue":
		e.Queue = d.queue(b)
	case "mailboxes":
		e.Mailboxes = d.mailboxes(b)
	}
}

func (d *decoder) service(b *hcl.Block) Service {
	d.name(b, "service")
	attrs := d.content(b.Body, serviceSchema()).Attributes
	s := Service{
		Name:          b.Labels[0],
		Role:          d.text(attrs, "role"),
		Start:         d.command(attrs, "start"),
		Stop:          d.command(attrs, "stop"),
		Status:        d.command(attrs, "status"),
		Units:         d.texts(attrs, "units"),
		Front:         d.truth(attrs, "front"),
		StopEstimate:  d.duration(attrs, "stop_estimate", 10*time.Second),
		StartEstimate: d.duration(attrs, "start_estimate", 10*time.Second),
	}
	for _, expr := range d.elements(attrs, "ports") {
		if port := d.portOf(expr); port != 0 {
			s.Ports = append(s.Ports, port)
		}
	}
	if s.Units == nil {
		s.Units = []string{s.Name}
	}
	systemctl := func(verb string) Command { return append(Command{"systemctl", verb}, s.Units...) }
	if s.Start == nil {
		s.Start = systemctl("start")
	}
	if s.Stop == nil {
		s.Stop = systemctl("stop")
	}
	if s.Status == nil {
		s.Status = systemctl("is-active")
	}
	return s
}

func (d *decoder) tree(b *hcl.Block) Tree {
	attrs := d.content(b.Body, schema([]string{"kind!", "optional", "shared"})).Attributes
	path := b.Labels[0]
	d.path(item{path, b.LabelRanges[0]})
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	kind := d.choice(attrs, "kind", string(TreeMail), string(TreeIndex), string(TreeOther))
	return Tree{Path: path, Kind: TreeKind(kind), Optional: d.truth(attrs, "optional"), Shared: d.truth(attrs, "shared")}
}

func (d *decoder) files(b *hcl.Block) FileGroup {
	attrs := d.content(b.Body, schema([]string{"paths!", "optional", "unwatched"})).Attributes
	group := FileGroup{Name: b.Labels[0], Optional: d.truth(attrs, "optional")}
	for _, it := range d.items(attrs, "paths") {
		group.Paths = append(group.Paths, d.glob(it))
	}
	for _, it := range d.items(attrs, "unwatched") {
		group.Unwatched = append(group.Unwatched, d.glob(it))
	}
	return group
}

func (d *decoder) port(b *hcl.Block) Port {
	attrs := d.content(b.Body, schema([]string{"number!", "proto", "role!"})).Attributes
	p := Port{
		Name:  b.Labels[0],
		Proto: d.choice(attrs, "proto", "tcp", "udp"),
		Role:  Role(d.choice(attrs, "role", string(RoleMail), string(RoleWeb), string(RoleAdmin))),
	}
	if attr, ok := attrs["number"]; ok {
		p.Number = d.portOf(attr.Expr)
	}
	return p
}

func (d *decoder) check(b *hcl.Block) CheckTemplate {
	attrs := d.content(b.Body, schema([]string{"kind!", "port", "expect", "timeout", "refused", "command"})).Attributes
	c := CheckTemplate{
		Name:    b.Labels[0],
		Kind:    d.choice(attrs, "kind", "tcp", "smtp", "submit", "imap", "pop3", "apop", "http", "dns", "deliver", "command"),
		Expect:  d.text(attrs, "expect"),
		Timeout: d.duration(attrs, "timeout", 10*time.Second),
		Refused: d.truth(attrs, "refused"),
		Command: d.command(attrs, "command"),
	}
	if attr, ok := attrs["port"]; ok {
		c.Port = d.portOf(attr.Expr)
	}
	switch isCommand := c.Kind == "command"; {
	case isCommand && attrs["command"] == nil:
		d.report("Missing command", `A check of kind "command" needs "command".`, &b.DefRange)
	case !isCommand && attrs["command"] != nil:
		d.report("Command without use", `Only a check of kind "command" runs one.`, &attrs["command"].NameRange)
	case !isCommand && attrs["port"] == nil:
		d.report("Missing port", fmt.Sprintf(`A check of kind %q needs "port".`, c.Kind), &b.DefRange)
	}
	return c
}

func (d *decoder) job(b *hcl.Block) Job {
	attrs := d.content(b.Body, schema([]string{"command!"})).Attributes
	return Job{Name: b.Labels[0], Command: d.command(attrs, "command")}
}

func (d *decoder) format(b *hcl.Block) Format {
	attrs := d.content(b.Body, schema([]string{"versions!", "reads"})).Attributes
	versions := d.item(attrs, "versions")
	if _, err := version.NewConstraint(versions.text); versions.text != "" && err != nil {
		d.report("Bad version constraint", fmt.Sprintf(`%q is not a constraint such as ">= 4.0, < 5.0".`, versions.text), &versions.at)
	}
	return Format{Name: b.Labels[0], Versions: versions.text, Reads: d.texts(attrs, "reads")}
}

func (d *decoder) queue(b *hcl.Block) *Queue {
	attrs := d.content(b.Body, schema([]string{"kind!", "directory!", "parts!", "list", "flush", "hold", "release", "requeue"})).Attributes
	directory := d.item(attrs, "directory")
	if directory.text != "" {
		d.path(directory)
	}
	q := &Queue{
		Kind: d.choice(attrs, "kind", "postfix"), Directory: strings.TrimSuffix(directory.text, "/"), Parts: d.texts(attrs, "parts"),
		List: d.command(attrs, "list"), Flush: d.command(attrs, "flush"), Hold: d.command(attrs, "hold"),
		Release: d.command(attrs, "release"), Requeue: d.command(attrs, "requeue"),
	}
	return q
}

func (d *decoder) mailboxes(b *hcl.Block) *Mailboxes {
	attrs := d.content(b.Body, schema([]string{"kind!", "messages!", "user", "session", "locate", "renew"})).Attributes
	m := &Mailboxes{
		Kind: d.choice(attrs, "kind", "cyrus", "dovecot"), User: d.text(attrs, "user"),
		Session: d.command(attrs, "session"), Locate: d.command(attrs, "locate"), Renew: d.command(attrs, "renew"),
	}
	for _, it := range d.items(attrs, "messages") {
		m.Messages = append(m.Messages, d.glob(it))
	}
	if (m.Session == nil) != (m.Locate == nil) {
		d.report("One command without the other", `Messages are swept with both "session" and "locate".`, &b.DefRange)
	}
	return m
}

// name checks the label of a block that other places refer to.
func (d *decoder) name(b *hcl.Block, what string) {
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@-]*$`).MatchString(b.Labels[0]) {
		d.report("Bad name", fmt.Sprintf("The name of a %s is made of letters, digits, \"_\", \".\", \"@\" and \"-\".", what), &b.LabelRanges[0])
	}
}

func (d *decoder) path(it item) {
	if err := checkPath(it.text); err != nil {
		d.report("Bad path", fmt.Sprintf("%q: %s.", it.text, err), &it.at)
	}
}

func (d *decoder) glob(it item) string {
	if _, err := CompileGlob(it.text); err != nil {
		d.report("Bad pattern", fmt.Sprintf("%q: %s.", it.text, err), &it.at)
	}
	return it.text
}
