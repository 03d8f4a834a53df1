//go:build lab

package bench_test

import (
	"bytes"
	"context"
	_ "embed" // the script
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/bench"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/bluemind"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/lab/client"
)

//go:embed script.sh
var script string

// byScript migrates by the procedure's own commands.
func (s *scene) byScript() (time.Duration, []bench.Part) {
	s.b.Helper()
	s.reset()
	record := client.Record{Dir: s.b.TempDir()}
	path := "/root/procedure.sh"
	if err := s.host(bluemind.New).WriteFile(s.ctx, path, []byte(script), 0o755); err != nil {
		s.b.Fatal(err)
	}
	command := "BJ_PASSWORD=bj-secret sh " + path + " " + bluemind.OldAddress + " " + bluemind.ServiceAddress
	s.sh(bluemind.New, command+" hot")
	s.change(record)
	before := s.look(bluemind.Old)
	var said string
	outage := s.watch(record, func() { said = s.sh(bluemind.New, command) })
	s.same("script", before, s.look(bluemind.New))
	var parts []bench.Part
	for line := range strings.Lines(said) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "part" {
			continue
		}
		seconds, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			s.b.Fatal(err)
		}
		parts = append(parts, bench.Part{Name: fields[1], Seconds: seconds})
	}
	return outage, parts
}

// cli is a root module that calls the example module, and the CLI that runs there, in the controller's network.
type cli struct {
	s         *scene
	path, dir string
}

func newCLI(s *scene) *cli {
	s.b.Helper()
	c := &cli{s: s, path: os.Getenv("TF_ACC_TERRAFORM_PATH"), dir: s.b.TempDir()}
	if c.path == "" {
		s.b.Fatal("TF_ACC_TERRAFORM_PATH names no CLI: run the benchmarks by .ci/lab-test --bench")
	}
	build := exec.CommandContext(s.ctx, "go", "build", "-buildvcs=false", "-o", filepath.Join(c.dir, "bin", "terraform-provider-mail"), ".")
	build.Dir, build.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		s.b.Fatalf("build the provider: %v\n%s", err, out)
	}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides { \"terraform-provider-mail/mail\" = %q }\n  direct {}\n}\n", filepath.Join(c.dir, "bin"))
	main := fmt.Sprintf(`terraform {
  required_providers {
    mail = { source = "terraform-provider-mail/mail" }
  }
}
variable "active" { type = string }
provider "mail" {
  identity_files    = [%q]
  known_hosts_files = [%q]
  use_agent         = false
}
module "bluemind" {
  source            = "./bluemind"
  old               = { addresses = [%q] }
  new               = { addresses = [%q] }
  service_addresses = ["%s/24"]
  active            = var.active
}
`, s.lab.SSHKey(), s.lab.KnownHosts(), bluemind.OldAddress, bluemind.NewAddress, bluemind.ServiceAddress)
	err := errors.Join(
		os.WriteFile(filepath.Join(c.dir, "cli.tfrc"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(c.dir, "main.tf"), []byte(main), 0o600),
		os.CopyFS(filepath.Join(c.dir, "bluemind"), os.DirFS(filepath.Join("..", "..", "examples", "migrations", "bluemind"))),
	)
	if err != nil {
		s.b.Fatal(err)
	}
	c.call("get", "-no-color")
	return c
}

// call runs the CLI; anything but success ends the benchmark.
func (c *cli) call(args ...string) []byte {
	c.s.b.Helper()
	ctx, cancel := context.WithTimeout(c.s.ctx, 15*time.Minute)
	defer cancel()
	cmd := c.s.lab.Controller(ctx, append([]string{c.path}, args...)...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(c.dir, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		c.s.b.Fatalf("%s: %v\n%s%s", args[0], err, out.Bytes(), errOut.Bytes())
	}
	return out.Bytes()
}

func (c *cli) apply(active string) {
	c.s.b.Helper()
	c.call("apply", "-no-color", "-auto-approve", "-var", "active="+active)
}

// byUs migrates by the CLI and the module.
func (s *scene) byUs() (time.Duration, []bench.Part, []bench.Part) {
	s.b.Helper()
	s.reset()
	record := client.Record{Dir: s.b.TempDir()}
	c := newCLI(s)
	c.apply("source")
	s.change(record)
	before := s.look(bluemind.Old)
	outage := s.watch(record, func() { c.apply("target") })
	s.same("ours", before, s.look(bluemind.New))
	parts, longest := bench.Profile(s.steps(c.stages()), 14)
	return outage, parts, longest
}

// lastRun is the cutover's last run as the state has it.
type lastRun struct {
	Run   string `json:"run"`
	Steps []struct {
		ID    string `json:"id"`
		Stage string `json:"stage"`
	} `json:"steps"`
}

// stages reads the last run: its name, and each operation's stage.
func (c *cli) stages() (string, map[string]string) {
	c.s.b.Helper()
	var state struct {
		Values struct {
			Root struct {
				Children []struct {
					Resources []struct {
						Address string `json:"address"`
						Values  struct {
							LastRun lastRun `json:"last_run"`
						} `json:"values"`
					} `json:"resources"`
				} `json:"child_modules"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(c.call("show", "-json"), &state); err != nil {
		c.s.b.Fatal(err)
	}
	stageOf, run := map[string]string{}, ""
	for _, child := range state.Values.Root.Children {
		for _, r := range child.Resources {
			if !strings.Contains(r.Address, "mail_cutover.") {
				continue
			}
			run = r.Values.LastRun.Run
			for _, step := range r.Values.LastRun.Steps {
				stageOf[step.ID] = step.Stage
			}
		}
	}
	return run, stageOf
}

// steps reads the run's journals on both hosts.
func (s *scene) steps(run string, stageOf map[string]string) []bench.Step {
	s.b.Helper()
	var all []bench.Step
	for _, host := range sides() {
		var up float64
		now := time.Now()
		if _, err := fmt.Sscan(s.sh(host, "cat /proc/uptime"), &up); err != nil {
			s.b.Fatal(err)
		}
		journal, err := s.host(host).ReadFile(s.ctx, "/var/lib/terraform-provider-mail/runs/"+run+"/journal")
		if err != nil {
			s.b.Fatal(err)
		}
		steps, err := bench.ReadJournal(bytes.NewReader(journal), now.Add(-time.Duration(up*float64(time.Second))), stageOf)
		if err != nil {
			s.b.Fatal(err)
		}
		all = append(all, steps...)
	}
	return all
}

// BenchmarkOutage moves the same service by the script and by us, BENCH_RUNS times.
func BenchmarkOutage(b *testing.B) {
	ctx, stop := interruptible()
	defer stop()
	fmt.Println()
	s := &scene{b: b, ctx: ctx}
	s.open()
	var pairs []bench.Pair
	for i := range number(b, "BENCH_RUNS", 3) {
		var p bench.Pair
		// In turn, so that what else the machine is busy with favours neither.
		if i%2 == 1 {
			p.Ours, p.OursParts, p.Longest = s.byUs()
		}
		p.Script, p.ScriptParts = s.byScript()
		if i%2 == 0 {
			p.Ours, p.OursParts, p.Longest = s.byUs()
		}
		if err := p.Write(os.Stdout); err != nil {
			b.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	if err := lab.Tell("%s", bench.Line(pairs)); err != nil {
		b.Fatal(err)
	}
}
