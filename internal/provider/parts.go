package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
)

// identity of a sync is its pair of hosts and its trees.
func (m *syncParts) identity() string {
	var read reader
	return joinID(append([]string{m.Source.ValueString(), m.Target.ValueString()}, treeList(read.textMap("paths", m.Paths))...)...)
}

// name is how the sync is known in journals, the same in mail_sync and in mail_cutover: what the hot passes left is found by the cold one.
func (m *syncParts) name() string {
	var read reader
	return label(first(read.textMap("paths", m.Paths)), m.identity())
}

// identity of a dump is its pair of hosts, engine and databases.
func (m *dumpParts) identity() string {
	var read reader
	return joinID(append([]string{m.Source.ValueString(), m.Target.ValueString(), m.Engine.ValueString()}, read.texts("databases", m.Databases)...)...)
}

func (m *dumpParts) name() string {
	var read reader
	readable := m.Engine.ValueString()
	if databases := read.texts("databases", m.Databases); len(databases) > 0 {
		readable = databases[0]
	}
	return label(readable, m.identity())
}

// identity of a file set is its pair of hosts and its patterns.
func (m *fileSetParts) identity() string {
	var read reader
	return joinID(append([]string{m.Source.ValueString(), m.Target.ValueString()}, read.texts("paths", m.Paths)...)...)
}

func (m *fileSetParts) name() string {
	var read reader
	readable := "files"
	if paths := read.texts("paths", m.Paths); len(paths) > 0 {
		readable = paths[0]
	}
	return label(readable, m.identity())
}

// sync reads the parts of a sync; what an object leaves out has the resource's default.
func (r *reader) sync(m syncParts) declare.Sync {
	return declare.Sync{
		Name: m.name(), Source: m.Source.ValueString(), Target: m.Target.ValueString(),
		Paths: r.textMap("paths", m.Paths), Exclude: r.texts("exclude", m.Exclude),
		OneFileSystem: orBool(m.OneFileSystem, false), Delete: orBool(m.Delete, true),
		DeleteLimitPercent: orInt(m.DeleteLimitPercent, defaultDeleteLimit), Overwrite: orBool(m.Overwrite, false),
		HardLinks: orBool(m.HardLinks, true), ACLs: orBool(m.ACLs, true), Xattrs: orBool(m.Xattrs, true),
		Usermap: r.textMap("usermap", m.Usermap), Groupmap: r.textMap("groupmap", m.Groupmap),
		BandwidthLimit: m.BandwidthLimit.ValueString(), Streams: orInt(m.Streams, defaultStreams),
		Transport: orText(m.Transport, defaultTransport), Verify: orText(m.Verify, defaultVerify),
		LastPass: r.pass(m.LastPass),
	}
}

// dump reads the parts of a dump. It has a password where a user and a password's version are declared: the password itself is in no state.
func (r *reader) dump(m dumpParts) declare.Dump {
	return declare.Dump{
		Name: m.name(), Source: m.Source.ValueString(), Target: m.Target.ValueString(), Engine: m.Engine.ValueString(),
		Databases: r.texts("databases", m.Databases), User: m.User.ValueString(),
		Password: m.User.ValueString() != "" && !m.PasswordVersion.IsNull(),
		Mode:     orText(m.Mode, defaultDumpMode), Jobs: orInt(m.Jobs, defaultDumpJobs), Transport: orText(m.Transport, defaultTransport), LastPass: r.pass(m.LastPass),
	}
}

// fileSet reads the parts of a file set.
func (r *reader) fileSet(m fileSetParts) declare.FileSet {
	set := declare.FileSet{Name: m.name(), Source: m.Source.ValueString(), Target: m.Target.ValueString(), Paths: r.texts("paths", m.Paths), Transport: orText(m.Transport, defaultTransport)}
	for _, rewrite := range objects[rewriteModel](r, "rewrite", m.Rewrite) {
		set.Rewrite = append(set.Rewrite, declare.Rewrite{In: rewrite.In.ValueString(), From: rewrite.From.ValueString(), To: rewrite.To.ValueString()})
	}
	for _, keep := range objects[keepModel](r, "keep", m.Keep) {
		set.Keep = append(set.Keep, declare.Keep{In: keep.In.ValueString(), Keys: r.texts("keys", keep.Keys)})
	}
	return set
}

// identity of accounts is their pair of hosts and their range.
func (m *accountsParts) identity() string {
	var read reader
	span := object[uidRangeModel](&read, "uid_range", m.UIDRange)
	return joinID(m.Source.ValueString(), m.Target.ValueString(), fmt.Sprintf("%d-%d", orInt(span.From, defaultUIDFrom), orInt(span.To, defaultUIDTo)))
}

func (m *accountsParts) name() string { return label("accounts", m.identity()) }

// accounts reads the parts of mail_accounts.
func (r *reader) accounts(m accountsParts) declare.Accounts {
	span := object[uidRangeModel](r, "uid_range", m.UIDRange)
	return declare.Accounts{
		Name: m.name(), Source: m.Source.ValueString(), Target: m.Target.ValueString(),
		UIDFrom: orInt(span.From, defaultUIDFrom), UIDTo: orInt(span.To, defaultUIDTo), Excluded: r.texts("exclude", m.Exclude),
		Transport: orText(m.Transport, defaultTransport),
	}
}

// check reads one check.
func (r *reader) check(name string, m checkModel) declare.Check {
	return declare.Check{
		Name: name, Kind: m.Kind.ValueString(), Address: m.Address.ValueString(), From: m.From.ValueString(), Expect: m.Expect.ValueString(),
		Timeout: r.duration("checks."+name+".timeout", m.Timeout), Refused: orBool(m.Refused, false), Command: r.texts("command", m.Command),
	}
}

// checks reads a map of checks, in the order of their names.
func (r *reader) checks(m types.Map) []declare.Check {
	if m.IsNull() || m.IsUnknown() {
		return nil
	}
	var out []declare.Check
	elements := m.Elements()
	for _, name := range sortedKeys(elements) {
		value, ok := elements[name].(types.Object)
		if !ok {
			continue
		}
		out = append(out, r.check(name, object[checkModel](r, "checks."+name, value)))
	}
	return out
}

// pass reads last_pass; nil where nothing has been measured, or is not known yet.
func (r *reader) pass(value types.Object) *declare.Pass {
	if value.IsNull() || value.IsUnknown() {
		return nil
	}
	m := object[struct {
		At      types.String  `tfsdk:"at"`
		Seconds types.Float64 `tfsdk:"seconds"`
		Files   types.Int64   `tfsdk:"files"`
		Bytes   types.Int64   `tfsdk:"bytes"`
		Deleted types.Int64   `tfsdk:"deleted"`
	}](r, "last_pass", value)
	if m.At.IsNull() || m.At.IsUnknown() || m.At.ValueString() == "" {
		return nil
	}
	return &declare.Pass{
		At: m.At.ValueString(), Seconds: m.Seconds.ValueFloat64(), Files: m.Files.ValueInt64(), Bytes: m.Bytes.ValueInt64(), Deleted: m.Deleted.ValueInt64(),
	}
}
