package operation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/runbook"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/shell"
)

// EditFile brings a file to what is declared, whole or not at all, and tells the service that reads it. Undo puts the before-image back; where
// others have written to the file since, it takes out the lines that were added.
func EditFile(p Party, stage runbook.Stage, f declare.File) runbook.Operation {
	op := on("edit_file", p, stage, f.Path)
	op.Lasting = true
	how, texts, sentence := edit(f)
	op.Args = append([]string{f.Path, how, f.Owner, f.Mode, f.Reload}, texts...)
	op.Touches = []string{"file:" + f.Path}
	op.Sentence = sentence + " on " + p.the()
	if f.Owner != "" {
		op.Sentence += ", owned by " + f.Owner
	}
	if f.Mode != "" {
		op.Sentence += ", mode " + f.Mode
	}
	op.Undo = "put it back as it was"
	op.ByHand = []string{shell.Quote("cp", "-a", f.Path, f.Path+"~"), shell.Quote("vi", f.Path)}
	op.UndoByHand = []string{"cp --preserve=all @before/image " + shell.Quote(f.Path) + " (without an image: remove it)"}
	if f.Owner != "" {
		op.ByHand = append(op.ByHand, shell.Quote("chown", f.Owner, f.Path))
	}
	if f.Mode != "" {
		op.ByHand = append(op.ByHand, shell.Quote("chmod", f.Mode, f.Path))
	}
	if f.Reload != "" {
		op.Touches = append(op.Touches, "service:"+f.Reload)
		op.Sentence += ", and reload " + f.Reload
		op.ByHand = append(op.ByHand, shell.Quote("systemctl", "reload-or-restart", f.Reload))
		op.UndoByHand = append(op.UndoByHand, shell.Quote("systemctl", "reload-or-restart", f.Reload))
	}
	op.Estimate = editEstimate
	return op
}

const editEstimate = 2 * stepEstimate

// edit is the way a file is changed: its name, its texts, and words for it.
func edit(f declare.File) (string, []string, string) {
	switch {
	case f.Content != nil:
		return "content", []string{*f.Content}, fmt.Sprintf("write %s (%d bytes)", f.Path, len(*f.Content))
	case len(f.Lines) > 0:
		return "lines", f.Lines, "add to " + f.Path + " what is missing of " + listed(f.Lines)
	default:
		var texts, words []string
		for _, r := range f.Replace {
			texts = append(texts, r.From, r.To)
			words = append(words, r.From+" => "+r.To)
		}
		return "replace", texts, "replace in " + f.Path + " " + listed(words)
	}
}

// listed quotes the first few of the texts.
func listed(texts []string) string {
	const most = 4
	var words []string
	for i, text := range texts {
		if i == most {
			words = append(words, fmt.Sprintf("%d more", len(texts)-most))
			break
		}
		words = append(words, strconv.Quote(text))
	}
	return strings.Join(words, ", ")
}
