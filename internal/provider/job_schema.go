package provider

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// detachedModel is mail_job.
type detachedModel struct {
	common
	Host     types.String `tfsdk:"host"`
	Command  types.List   `tfsdk:"command"`
	Progress types.String `tfsdk:"progress"`
	Wait     types.Bool   `tfsdk:"wait"`

	State      types.String  `tfsdk:"state"`
	Percent    types.Float64 `tfsdk:"percent"`
	ExitCode   types.Int64   `tfsdk:"exit_code"`
	StartedAt  types.String  `tfsdk:"started_at"`
	EndedAt    types.String  `tfsdk:"ended_at"`
	OutputFile types.String  `tfsdk:"output_file"`
}

// isProgress is a regular expression that singles out a number.
func isProgress() textRule {
	return textRule{"a regular expression for a number", func(text string) error {
		re, err := regexp.Compile(text)
		switch {
		case err != nil:
			return err
		case re.NumSubexp() == 0:
			return fmt.Errorf("put the part that is the number into parentheses, as in ([0-9]+)%%")
		}
		return nil
	}}
}

// Schema implements resource.Resource.
func (*jobResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	command := texts("What runs, as an argument vector, in `/` with umask 022 and `LC_ALL=C`. It is in the state and in the host's process list: a secret has no place in it. Changing it ends the job and starts another.",
		listvalidator.SizeAtLeast(1), each(isWord()))
	command.Required, command.Optional = true, false
	command.PlanModifiers = []planmodifier.List{listplanmodifier.RequiresReplace()}
	attributes := withCommon(ctx, "`HOST,ARGUMENT,…`, with `%2C` for a comma in an argument", map[string]schema.Attribute{
		"host":    hostRef("Where it runs."),
		"command": command,
		"progress": optionalText("A [regular expression](https://github.com/google/re2/wiki/Syntax) for how far the job is. Its first group is looked for in the last 16 KiB of what the job has printed; "+
			"the last one there is `percent`.", isProgress()),
		"wait":  flag("Whether applying waits for the job's end. Then a job that fails fails the apply; else the next plan finds it.", false),
		"state": computedText("How the job stands, as the last refresh saw it: `running`, `done` (exit code 0) or `failed` (another exit code, ended by force, or its host was rebooted). `drift` says how it failed."),
		"percent": schema.Float64Attribute{
			Computed: true, MarkdownDescription: "What `progress` found last; 100 once the job is done.",
		},
		"exit_code":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Of a job that has ended."},
		"started_at":  computedText("When it was started last, by the host's clock (RFC 3339)."),
		"ended_at":    computedText("When it ended (RFC 3339)."),
		"output_file": computedText("Where the host keeps what it prints. Destroying removes it."),
	})
	attributes["status"] = computedText("How things stand: `running`, `settled` (it has ended well), `drifted` (it has failed: the next apply starts it again), `held`, `halted` or `failed`. " +
		"While it runs plans have nothing to do, and say in a warning how far it is.")
	resp.Schema = schema.Schema{
		MarkdownDescription: "A command that runs on a host in a session of its own, and goes on when Terraform has ended. Applying starts it, unless it runs or has ended well; " +
			"it is started again only after it has failed, or with `terraform apply -replace`. Destroying ends it: all of its processes are asked to (`TERM`), and after 30 s made to (`KILL`). " +
			"What it has done stays.",
		Attributes: attributes,
	}
}

func isWord() textRule {
	return textRule{"an argument", func(text string) error {
		for _, r := range text {
			if r == 0 {
				return fmt.Errorf("it holds a NUL")
			}
		}
		return nil
	}}
}
