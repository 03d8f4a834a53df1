package operation

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// Passes of a tree.
const (
	Hot  = "hot"  // the source serves
	Cold = "cold" // nothing serves

	converge = "converge" // the source serves; again and again over what changed
)

// Tree is one path of a sync, after rsync's trailing-slash rule: the content of From becomes the content of To.
type Tree struct {
	Module, From, To string
}

// Trees gives the trees of a sync in a stable order.
func Trees(s declare.Sync) []Tree {
	trees := make([]Tree, 0, len(s.Paths))
	for _, from := range sortedKeys(s.Paths) {
		content, to := declare.Tree(from, s.Paths[from])
		trees = append(trees, Tree{Module: Name(from), From: content, To: to})
	}
	return trees
}

// rsyncOptions are rsync's words for what a sync declares (rsync(1)).
func rsyncOptions(s declare.Sync) []string {
	opts := []string{"-a"}
	flags := []struct {
		on   bool
		flag string
	}{
		{s.HardLinks, "-H"}, {s.ACLs, "-A"}, {s.Xattrs, "-X"}, {s.OneFileSystem, "-x"}, {s.Delete, "--delete-delay"},
	}
	for _, f := range flags {
		if f.on {
			opts = append(opts, f.flag)
		}
	}
	for _, e := range s.Exclude {
		opts = append(opts, "--exclude="+e)
	}
	if s.BandwidthLimit != "" {
		opts = append(opts, "--bwlimit="+s.BandwidthLimit)
	}
	if len(s.Usermap) > 0 {
		opts = append(opts, "--usermap="+mapping(s.Usermap))
	}
	if len(s.Groupmap) > 0 {
		opts = append(opts, "--groupmap="+mapping(s.Groupmap))
	}
	return opts
}

// LeftOut are those of the options that leave something out of a tree.
func LeftOut(s declare.Sync) []string {
	return slices.DeleteFunc(rsyncOptions(s), func(option string) bool { return option != "-x" && !strings.HasPrefix(option, "--exclude=") })
}

func mapping(m map[string]string) string {
	pairs := make([]string, 0, len(m))
	for _, from := range sortedKeys(m) {
		pairs = append(pairs, from+":"+m[from])
	}
	return strings.Join(pairs, ",")
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// volatileIn gives the volatile patterns that lie in a tree, as rsync anchors them to it.
func volatileIn(t Tree, patterns []string) []string {
	var inside []string
	for _, p := range patterns {
		if rest, ok := strings.CutPrefix(p, t.From); ok {
			inside = append(inside, expandBraces("/"+rest)...)
		}
	}
	return slices.Compact(inside)
}

// expandBraces writes a{b,c} as ab, ac: rsync's patterns have no braces.
func expandBraces(p string) []string {
	open := strings.IndexByte(p, '{')
	if open < 0 {
		return []string{p}
	}
	end := strings.IndexByte(p[open:], '}')
	if end < 0 {
		return []string{p}
	}
	var all []string
	for _, alternative := range strings.Split(p[open+1:open+end], ",") {
		all = append(all, expandBraces(p[:open]+alternative+p[open+end+1:])...)
	}
	return all
}

// SyncTree makes the target's tree like the source's, over the target's own connection to the source.
func SyncTree(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree, mode string) runbook.Operation {
	op := syncTree(p, from, stage, s, t, mode, 0)
	op.Sentence = fmt.Sprintf("copy %s from %s to %s (%s pass)", t.where(), from.the(), p.the(), mode)
	op.Estimate = passEstimate(s, mode)
	return op
}

// ConvergeTree repeats a hot pass over what has changed since the last one, until a pass takes no more than within, or passes stop getting shorter. What
// the last one took is reported as cold_seconds: so long the cold pass will take.
func ConvergeTree(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree, within time.Duration) runbook.Operation {
	op := syncTree(p, from, stage, s, t, converge, within)
	op.Sentence = fmt.Sprintf("copy what has changed of %s since, again until it takes no more than %s or stops getting shorter (hot passes)", t.where(), within)
	op.Estimate = scanEstimate
	return op
}

func syncTree(p Party, from Party, stage runbook.Stage, s declare.Sync, t Tree, mode string, within time.Duration) runbook.Operation {
	op := on("sync_tree", p, stage, mode, t.From)
	op.Lasting = true
	overwrite := "no"
	if s.Overwrite {
		overwrite = "yes"
	}
	op.Args = append([]string{
		t.Module, t.To, mode, strconv.FormatFloat(within.Seconds(), 'f', -1, 64), strconv.Itoa(s.DeleteLimitPercent), overwrite,
		strings.Join(volatileIn(t, s.Volatile), "\n"),
	}, rsyncOptions(s)...)
	op.Touches = []string{"tree:" + t.To}
	op.Pull = &runbook.Pull{From: from.ID}
	op.Keep = true
	op.ByHand = []string{shell.Quote(append(append([]string{"rsync"}, rsyncOptions(s)...), "root@SOURCE:"+t.From, t.To)...)}
	op.UndoByHand = []string{"rsync -aHAX @before/image/ " + shell.Quote(t.To)}
	return op
}

// where is the tree in a sentence.
func (t Tree) where() string {
	if t.To == t.From {
		return t.From
	}
	return t.From + " as " + t.To
}

// passEstimate: a cold pass costs at most what the last pass of the whole sync cost, since it finds less to do.
func passEstimate(s declare.Sync, mode string) time.Duration {
	if s.LastPass == nil || len(s.Paths) == 0 {
		return scanEstimate
	}
	last := time.Duration(s.LastPass.Seconds * float64(time.Second))
	if mode == Hot {
		return last
	}
	return min(last, scanEstimate)
}
