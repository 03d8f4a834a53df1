package provider

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	tfpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/compile"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/product"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
)

var (
	_ resource.ResourceWithModifyPlan       = (*backupResource)(nil)
	_ resource.ResourceWithImportState      = (*backupResource)(nil)
	_ resource.ResourceWithConfigValidators = (*backupResource)(nil)
	_ ager                                  = (*backupModel)(nil)
	_ guarded[backupModel]                  = (*backupModel)(nil)
)

// backupResource is mail_backup.
type backupResource struct {
	lifecycle[backupModel, *backupModel]
}

func newBackupResource() resource.Resource {
	return &backupResource{lifecycle[backupModel, *backupModel]{kind: "mail_backup"}}
}

// parts are what is backed up, as the id names it.
func (m *backupModel) parts() []string {
	var read reader
	var out []string
	for _, p := range read.texts("paths", m.Paths) {
		out = append(out, strings.TrimSuffix(p, "/"))
	}
	for _, d := range objects[backupDatabaseModel](&read, "databases", m.Databases) {
		out = append(out, d.Engine.ValueString()+":"+d.Name.ValueString())
	}
	return out
}

func (m *backupModel) directory() string {
	return strings.TrimSuffix(orText(m.Directory, defaultBackupDirectory), "/")
}

func (m *backupModel) identity() string {
	return joinID(append([]string{m.Host.ValueString(), m.directory()}, m.parts()...)...)
}

func (m *backupModel) parse(id string) error {
	parts, err := splitID(id, 3, "HOST,DIRECTORY,PATH,…,ENGINE:NAME,…")
	if err != nil {
		return err
	}
	var paths []string
	var databases []attr.Value
	kind := map[string]attr.Type{"engine": types.StringType, "name": types.StringType}
	for i, part := range parts[1:] {
		engine, name, isDatabase := strings.Cut(part, ":")
		if isDatabase = isDatabase && i > 0 && !strings.HasPrefix(part, "/"); isDatabase {
			if engine != "postgresql" {
				return fmt.Errorf("import id: %q: the engine is none that is known; postgresql is", part)
			}
			if err := databaseName(name); err != nil {
				return fmt.Errorf("import id: database %q: %w", name, err)
			}
			databases = append(databases, types.ObjectValueMust(kind, map[string]attr.Value{"engine": types.StringValue(engine), "name": types.StringValue(name)}))
			continue
		}
		if err := plainPath(part); err != nil {
			return fmt.Errorf("import id: path %q: %w", part, err)
		}
		if i > 0 {
			paths = append(paths, part)
		}
	}
	m.Host, m.Directory = types.StringValue(parts[0]), types.StringValue(parts[1])
	if len(paths) > 0 {
		m.Paths = textList(paths)
	}
	if len(databases) > 0 {
		m.Databases = types.ListValueMust(types.ObjectType{AttrTypes: kind}, databases)
	}
	return validHosts(parts[0])
}

// name is how the backup is known in journals, and how its folders begin.
func (m *backupModel) name() string {
	readable := "backup"
	if parts := m.parts(); len(parts) > 0 {
		readable = path.Base(strings.TrimPrefix(parts[0], "postgresql:"))
	}
	return label(readable, m.identity())
}

func (m *backupModel) subject() string { return "mail_backup." + m.name() }

func (m *backupModel) hosts() []string { return []string{m.Host.ValueString()} }

func (m *backupModel) declaration() (declare.Backup, error) {
	var read reader
	backup := declare.Backup{
		Name: m.name(), Host: m.Host.ValueString(), Snapshot: orText(m.Snapshot, defaultSnapshot), Directory: m.directory(), Retain: orInt(m.Retain, 0),
	}
	for _, p := range read.texts("paths", m.Paths) {
		backup.Paths = append(backup.Paths, strings.TrimSuffix(p, "/"))
	}
	for _, d := range objects[backupDatabaseModel](&read, "databases", m.Databases) {
		backup.Databases = append(backup.Databases, declare.Database{Engine: d.Engine.ValueString(), Name: d.Name.ValueString()})
	}
	if seconds, ok := m.LastBackup.Attributes()["seconds"].(types.Float64); ok {
		backup.Seconds = seconds.ValueFloat64()
	}
	return backup, read.err()
}

func (m *backupModel) standing(*product.Catalogue) (runbook.Runbook, error) {
	declared, err := m.declaration()
	if err != nil {
		return runbook.Runbook{}, err
	}
	return compile.Backup(declared)
}

// change takes a backup; where only fewer are to be kept, the others go and none is taken.
func (m *backupModel) change(products *product.Catalogue, prior past[backupModel]) (runbook.Runbook, error) {
	if prior.model == nil || prior.unsettled || prior.imported {
		return changed(products, m, prior, false)
	}
	again := !m.Trigger.Equal(prior.model.Trigger)
	if !again && !m.Retain.Equal(prior.model.Retain) {
		before := *prior.model
		before.Retain = m.Retain
		same := prior
		same.model = &before
		if book, err := changed(products, m, same, false); err != nil || !book.Empty() {
			return book, err
		}
		declared, err := m.declaration()
		if err != nil {
			return runbook.Runbook{}, err
		}
		return compile.BackupRetained(declared)
	}
	return changed(products, m, prior, again)
}

// guard refuses a directory inside of what is backed up: each backup would hold all earlier ones.
func (m *backupModel) guard(past[backupModel]) diag.Diagnostics {
	var diags diag.Diagnostics
	var read reader
	for _, p := range read.texts("paths", m.Paths) {
		p = strings.TrimSuffix(p, "/")
		if strings.HasPrefix(m.directory()+"/", p+"/") {
			diags.AddAttributeError(tfpath.Root("directory"), "Backup directory inside of what is backed up",
				fmt.Sprintf("%s lies inside %s: each backup would hold all earlier ones.\nNext: name a directory outside of every path, best on another disk.", m.directory(), p))
		}
	}
	return diags
}

func (m *backupModel) open(prior *backupModel, book *runbook.Runbook) {
	_, takes := takesBackup(book)
	switch {
	case takes || book != nil && book.Empty():
		m.LastBackup = types.ObjectUnknown(backupTypes())
	case prior != nil:
		m.LastBackup = prior.LastBackup
	default:
		m.LastBackup = types.ObjectNull(backupTypes())
	}
}

// takesBackup gives the operation that takes the backup, if the book has it.
func takesBackup(book *runbook.Runbook) (string, bool) {
	if book == nil {
		return "", false
	}
	for _, op := range book.Operations {
		if op.Kind == "take_backup" {
			return op.ID, true
		}
	}
	return "", false
}

// measure takes over what the last backup is, where one was taken and proved.
func (m *backupModel) measure(prior *backupModel, outcome executor.Outcome) {
	for _, step := range outcome.Steps {
		if !strings.HasPrefix(step.ID, "take_backup.") || step.Error != "" || step.Undone || step.Result["path"] == "" {
			continue
		}
		count := func(name string) types.Int64 {
			n, err := strconv.ParseInt(step.Result[name], 10, 64)
			if err != nil {
				return types.Int64Null()
			}
			return types.Int64Value(n)
		}
		m.LastBackup = types.ObjectValueMust(backupTypes(), map[string]attr.Value{
			"path": types.StringValue(step.Result["path"]), "at": types.StringValue(step.Result["at"]), "seconds": types.Float64Value(step.Seconds),
			"bytes": count("bytes"), "files": count("files"), "changed": count("changed"), "sha256": types.StringValue(step.Result["sha256"]),
		})
		return
	}
	switch {
	case prior != nil:
		m.LastBackup = prior.LastBackup
	case m.LastBackup.IsUnknown():
		m.LastBackup = types.ObjectNull(backupTypes())
	}
}

func (m *backupModel) options(*backupModel) executor.Options {
	return executor.Options{Resource: m.subject(), OnFailure: "halt"} // a backup that was proved is not taken back for what fails after it
}

func (m *backupModel) leave() bool { return m.OnDestroy.ValueString() != "delete" }

// aged finds a last backup older than max_age.
func (m *backupModel) aged(now time.Time) []string {
	var read reader
	limit := read.duration("max_age", m.MaxAge)
	last, ok := m.LastBackup.Attributes()["at"].(types.String)
	if limit == 0 || !ok || read.err() != nil {
		return nil
	}
	at, err := time.Parse(time.RFC3339, last.ValueString())
	if err != nil {
		return []string{fmt.Sprintf("when the last backup was taken is not known (%q)", last.ValueString())}
	}
	if age := now.Sub(at); age > limit {
		return []string{fmt.Sprintf("the last backup is %s old, older than max_age %s", age.Round(time.Second), limit)}
	}
	return nil
}

// plainPath reports why text is no absolute path that a host can be told of.
func plainPath(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("it holds a control character")
	}
	return absolute(text)
}

func isPlainPath() textRule { return textRule{"an absolute path", plainPath} }
