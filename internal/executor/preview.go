package executor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/terraform-provider-mail/terraform-provider-mail/internal/declare"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/operation"
	"github.com/terraform-provider-mail/terraform-provider-mail/internal/remote"
)

// Preview is what a pass over a tree would do, by names, kinds, sizes and times: contents are not compared.
type Preview struct {
	From, To string
	New      Entries // only on the source
	Changed  Entries // on both, not the same
	Gone     Entries // only on the target; a pass deletes them where the sync says so
	Bytes    int64   // size of the files among New and Changed
}

// Entries are counted; the first few are named.
type Entries struct {
	Count int
	Names []string
}

// namedEntries is how many of a kind are named.
const namedEntries = 5

func (e *Entries) add(name string) {
	e.Count++
	if len(e.Names) < namedEntries {
		e.Names = append(e.Names, name)
	}
}

// Preview compares the trees of a sync on both hosts. It changes nothing, and keeps no list in memory.
func (c *Controller) Preview(ctx context.Context, s declare.Sync) ([]Preview, error) {
	source, err := c.host(s.Source)
	if err != nil {
		return nil, err
	}
	target, err := c.host(s.Target)
	if err != nil {
		return nil, err
	}
	var previews []Preview
	for _, t := range operation.Trees(s) {
		p := Preview{From: t.From, To: t.To}
		if err := c.compareLists(ctx, &p, source, target, operation.LeftOut(s)); err != nil {
			return previews, fmt.Errorf("preview of %s: %w", t.From, err)
		}
		previews = append(previews, p)
	}
	return previews, nil
}

// compareLists reads both hosts' lists of a tree at once.
func (c *Controller) compareLists(ctx context.Context, p *Preview, source, target *managed, options []string) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	from, written := c.list(ctx, source, append([]string{"look_list", "must", p.From}, options...))
	to, writtenToo := c.list(ctx, target, append([]string{"look_list", "may", p.To}, options...))
	err := p.merge(from, to)
	stop() // where one list failed, the other one need not come
	_, _ = io.Copy(io.Discard, from)
	_, _ = io.Copy(io.Discard, to)
	<-written
	<-writtenToo
	return err
}

// list runs a listing call on a host. Its output is to be read to its end, which is the call's error; then the channel is closed.
func (c *Controller) list(ctx context.Context, h *managed, call []string) (io.Reader, <-chan struct{}) {
	read, write := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := c.listTo(ctx, h, call, write)
		if err != nil {
			err = fmt.Errorf("on %s: %w", h.Address(), err)
		}
		_ = write.CloseWithError(err) // never fails
	}()
	return read, ended
}

func (c *Controller) listTo(ctx context.Context, h *managed, call []string, out io.Writer) error {
	script, err := operation.Inline(c.config.JournalDir, "", call...)
	if err != nil {
		return err
	}
	res, err := h.Run(ctx, remote.Command{Argv: []string{"sh", "-s"}, Stdin: strings.NewReader(script), Stdout: out})
	if err == nil && res.Exit != 0 {
		err = hostError(res)
	}
	return err
}

// merge goes side by side through two sorted lists of entries "/PATH//TYPE ATTRIBUTES", NUL at the end. No path holds "//".
func (p *Preview) merge(source, target io.Reader) error {
	from, to := newListed(source), newListed(target)
	for {
		switch {
		case from.err != nil || to.err != nil:
			return errors.Join(from.err, to.err)
		case from.ended && to.ended:
			return nil
		case to.ended || !from.ended && from.path < to.path:
			p.New.add(from.name())
			p.Bytes += from.size
			from.next()
		case from.ended || to.path < from.path:
			p.Gone.add(to.name())
			to.next()
		default:
			if from.rest != to.rest {
				p.Changed.add(from.name())
				p.Bytes += from.size
			}
			from.next()
			to.next()
		}
	}
}

// listed is an entry of a list that is read.
type listed struct {
	entries *bufio.Scanner
	path    string // with both slashes at its end
	rest    string // type and attributes
	size    int64  // of a file
	ended   bool
	err     error
}

// newListed is at the first entry.
func newListed(r io.Reader) *listed {
	l := &listed{entries: bufio.NewScanner(r)}
	l.entries.Split(func(data []byte, atEnd bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, 0); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEnd && len(data) > 0 {
			return 0, nil, fmt.Errorf("a list ends in the middle of an entry: %w", io.ErrUnexpectedEOF)
		}
		return 0, nil, nil
	})
	l.next()
	return l
}

// next goes to the next entry below the tree: the tree itself is left out.
func (l *listed) next() {
	entry := "///"
	for strings.HasPrefix(entry, "///") {
		if !l.entries.Scan() {
			l.ended, l.err = true, l.entries.Err()
			return
		}
		entry = l.entries.Text()
	}
	path, rest, found := strings.Cut(entry, "//")
	if !found {
		l.err = fmt.Errorf("%q is no entry of a list", entry)
		return
	}
	l.path, l.rest, l.size = path+"//", rest, 0
	if fields := strings.Fields(rest); len(fields) == 4 && fields[0] == "f" {
		l.size, l.err = strconv.ParseInt(fields[2], 10, 64)
	}
}

// name is the path below the tree; a folder's ends in a slash.
func (l *listed) name() string {
	name := strings.TrimPrefix(strings.TrimSuffix(l.path, "//"), "/")
	if l.rest == "d" {
		name += "/"
	}
	return name
}
