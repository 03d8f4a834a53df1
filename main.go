// Command terraform-provider-mail is a Terraform provider that moves mail servers. Terraform starts it; started by hand it says what it is.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/cli"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/executor"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/plan"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/progress"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/provider"
)

var version = "dev" // set by -ldflags "-X main.version=…"

const (
	address = "registry.terraform.io/terraform-provider-mail/mail"
	// cookie is what Terraform and OpenTofu put into a plugin's environment (hashicorp/go-plugin handshake).
	cookieName  = "TF_PLUGIN_MAGIC_COOKIE"
	cookieValue = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
)

func main() {
	os.Exit(run(os.Args[1:], os.Getenv(cookieName), os.Stdout, os.Stderr))
}

// run gives the exit code: 0 all is well, 1 a failure, 2 wrong use.
func run(args []string, cookie string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 0 && cookie == cookieValue:
		if err := serve(); err != nil {
			_, _ = fmt.Fprintln(stderr, "terraform-provider-mail:", err)
			return 1
		}
		return 0
	case len(args) == 0:
		_, _ = fmt.Fprintf(stdout, "terraform-provider-mail %s\n\n%s", version, about)
		return 0
	case args[0] == "version" || args[0] == "--version":
		_, _ = fmt.Fprintln(stdout, "terraform-provider-mail", version)
		return 0
	case args[0] == "rescue":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return cli.Rescue(ctx, args[1:], os.Stdin, stdout, stderr)
	case args[0] == "watch":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return cli.Watch(ctx, args[1:], dataDir, stdout, stderr)
	case args[0] == "report":
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return cli.Report(ctx, args[1:], os.Stdin, stdout, stderr)
	case args[0] == "compile":
		return cli.Compile(context.Background(), args[1:], recompiler, os.Stdin, stdout, stderr)
	}
	_, _ = fmt.Fprintf(stderr, "terraform-provider-mail: no command %q\n\n%s", args[0], about)
	return 2
}

const about = `A provider for Terraform and OpenTofu that moves or upgrades a whole mail server
with plan and apply, and can go back. Terraform starts it: name it in
required_providers as terraform-provider-mail/mail.

  terraform-provider-mail version                  prints the version
  terraform-provider-mail compile PLAN.json        what a plan does: every step, when, how long nobody is served
  terraform-provider-mail watch [DIR]              a running apply: steps, time left, how long nobody is served
  terraform-provider-mail report STATE.json        what was run: predicted against measured, ledger, changes
  terraform-provider-mail rescue status HOST…      what runs left on hosts, from their journals
  terraform-provider-mail rescue continue HOST…    lets a run go on that waits for a person
  terraform-provider-mail rescue resume HOST…      goes on with a run that was not brought to its end
  terraform-provider-mail rescue back-out HOST…    brings service back to the source
  terraform-provider-mail rescue unlock HOST…      ends a lock whose controller is gone
`

// dataDir is where Terraform keeps its data for a working directory.
func dataDir(dir string) string {
	data := os.Getenv("TF_DATA_DIR")
	if data == "" {
		data = ".terraform"
	}
	if filepath.IsAbs(data) {
		return data
	}
	return filepath.Join(dir, data)
}

// recompiler makes the procedures of a plan by the code that planned them.
func recompiler(ctx context.Context, productFiles []string) (plan.Compiler, error) {
	return provider.NewRecompiler(ctx, productFiles)
}

// serve is the plugin, until Terraform ends it; then connections are closed.
func serve() error {
	var mu sync.Mutex
	var engines []provider.Engine
	constructor := provider.New(version, func(config provider.EngineConfig) (provider.Engine, error) {
		engine, err := executor.NewController(executor.Config{Remote: config.Remote, JournalDir: config.JournalDir, Parallel: config.Parallel, Progress: progress.Dir(dataDir("."))})
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		engines = append(engines, engine)
		return engine, nil
	})
	err := providerserver.Serve(context.Background(), constructor, providerserver.ServeOpts{Address: address})
	mu.Lock()
	defer mu.Unlock()
	for _, engine := range engines {
		err = errors.Join(err, engine.Close())
	}
	return err
}
