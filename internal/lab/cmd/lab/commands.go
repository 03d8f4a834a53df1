package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
)

// options are the flags that every sub-command has.
type options struct {
	name, stateDir string
}

func (o *options) open() (*lab.Lab, error) { return lab.Open(o.name, o.stateDir) }

func command() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use: "lab", Short: "Hosts with systemd on this machine, for the demo and the tests",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&o.name, "name", "bluemind", "the lab's name")
	root.PersistentFlags().StringVar(&o.stateDir, "state-dir", lab.DefaultStateDir, "where labs keep their things")
	root.AddCommand(upCommand(o), downCommand(o), execCommand(o), statusCommand(o), clientCommand(o))
	root.AddCommand(hostCommands(o)...)
	return root
}

func upCommand(o *options) *cobra.Command {
	var b bluemind.Options
	cmd := &cobra.Command{
		Use: "up bluemind", Short: "Make the lab of a procedure", Args: cobra.ExactArgs(1), ValidArgs: []string{"bluemind"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "bluemind" {
				return fmt.Errorf("there is no lab %q: want bluemind", args[0])
			}
			start := time.Now()
			b.Name, b.StateDir, b.Log = o.name, o.stateDir, cmd.ErrOrStderr()
			l, err := lab.Up(cmd.Context(), bluemind.Spec(b))
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "lab %s is up after %.1f s; key %s, known hosts %s\n",
				l.Name(), time.Since(start).Seconds(), l.SSHKey(), l.KnownHosts())
			return nil
		},
	}
	cmd.Flags().IntVar(&b.Users, "users", 0, "mailboxes (default 20)")
	cmd.Flags().IntVar(&b.Messages, "messages", 0, "messages for each user on old (default 30)")
	cmd.Flags().IntVar(&b.Rows, "rows", 0, "rows in bj-data on old (default 5000)")
	cmd.Flags().BoolVar(&b.Keep, "keep", false, "when it fails, leave what is there")
	return cmd
}

func downCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Remove the lab with everything it made", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := o.open()
			if err != nil {
				return err
			}
			return l.Down(cmd.Context())
		},
	}
}

func execCommand(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "exec HOST COMMAND...", Short: "Run a command in a host; in the controller's namespace with the host ctl",
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := o.open()
			if err != nil {
				return err
			}
			return execIn(cmd.Context(), l, args[0], args[1:])
		},
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func execIn(ctx context.Context, l *lab.Lab, host string, argv []string) error {
	run, release := l.Controller(ctx, argv...), func() {}
	if host != "ctl" {
		h, err := l.Host(host)
		if err != nil {
			return err
		}
		if run, release, err = h.Command(ctx, argv...); err != nil {
			return err
		}
	}
	defer release()
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := run.Run()
	if run.ProcessState != nil && run.ProcessState.Exited() && run.ProcessState.ExitCode() != 0 {
		return exitError(run.ProcessState.ExitCode())
	}
	return err
}

func statusCommand(o *options) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say which hosts run and how they are reached", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := o.open()
			if err != nil {
				return err
			}
			return printStatus(cmd.Context(), cmd.OutOrStdout(), l)
		},
	}
}

func printStatus(ctx context.Context, w io.Writer, l *lab.Lab) error {
	all, err := l.Status(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		fmt.Fprintf(w, "%-10s %-9s %-8s %v %s\n", s.Name, s.System, s.Cable, s.Addresses, s.Fingerprint)
	}
	return nil
}

// hostCommands do one thing to one host.
func hostCommands(o *options) []*cobra.Command {
	one := func(use, short string, args cobra.PositionalArgs, do func(context.Context, *lab.Lab, []string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: args, RunE: func(cmd *cobra.Command, args []string) error {
			l, err := o.open()
			if err != nil {
				return err
			}
			return do(cmd.Context(), l, args)
		}}
	}
	simple := func(use, short string, do func(*lab.Lab, context.Context, string) error) *cobra.Command {
		return one(use+" HOST", short, cobra.ExactArgs(1), func(ctx context.Context, l *lab.Lab, args []string) error {
			return do(l, ctx, args[0])
		})
	}
	return []*cobra.Command{
		simple("boot", "Start a host that is off", (*lab.Lab).Boot),
		simple("reboot", "Reboot a host by its own init", (*lab.Lab).Reboot),
		simple("poweroff", "Power a host off by its own init", (*lab.Lab).PowerOff),
		simple("kill", "Cut a host's power", (*lab.Lab).Kill),
		simple("heal", "Undo every cut of a host", (*lab.Lab).Heal),
		simple("freeze", "Stop every process of a host where it is", (*lab.Lab).Freeze),
		simple("thaw", "Let a frozen host go on", func(l *lab.Lab, _ context.Context, host string) error { return l.Thaw(host) }),
		one("cut HOST [PEER...]", "Take a host's cable out, or only its way to some peers", cobra.MinimumNArgs(1),
			func(ctx context.Context, l *lab.Lab, args []string) error { return l.Cut(ctx, args[0], args[1:]...) }),
		one("fill HOST DIRECTORY", "Use up a host's own disk", cobra.ExactArgs(2),
			func(ctx context.Context, l *lab.Lab, args []string) error { return l.Fill(ctx, args[0], args[1]) }),
		one("unfill HOST DIRECTORY", "Give the space back", cobra.ExactArgs(2),
			func(ctx context.Context, l *lab.Lab, args []string) error { return l.Unfill(ctx, args[0], args[1]) }),
	}
}
