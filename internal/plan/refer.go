package plan

import (
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// references is which resources of a configuration refer to which, by their addresses without instance keys. Modules are looked through.
type references struct {
	direct map[string]map[string]bool
	locals map[string][]string // local values that a resource refers to: a plan does not show what these refer to
}

// scope is a module of the configuration, at its place.
type scope struct {
	path     string // "", or "module.a.module.b."
	module   *tfjson.ConfigModule
	call     *tfjson.ModuleCall
	parent   *scope
	children map[string]*scope
}

func newScope(path string, module *tfjson.ConfigModule, call *tfjson.ModuleCall, parent *scope) *scope {
	s := &scope{path: path, module: module, call: call, parent: parent, children: map[string]*scope{}}
	for name, inner := range module.ModuleCalls {
		if inner.Module != nil {
			s.children[name] = newScope(path+"module."+name+".", inner.Module, inner, s)
		}
	}
	return s
}

// refer finds the references of a configuration.
func refer(config *tfjson.Config) references {
	r := references{direct: map[string]map[string]bool{}, locals: map[string][]string{}}
	if config != nil && config.RootModule != nil {
		r.walk(newScope("", config.RootModule, nil, nil))
	}
	return r
}

func (r references) walk(s *scope) {
	for _, resource := range s.module.Resources {
		address := s.path + resource.Address
		found := &finder{direct: map[string]bool{}, locals: map[string]bool{}, seen: map[string]bool{}}
		for _, expression := range resource.Expressions {
			found.expression(s, expression)
		}
		found.expression(s, resource.CountExpression)
		found.expression(s, resource.ForEachExpression)
		found.names(s, resource.DependsOn)
		for at := s; at.parent != nil; at = at.parent {
			found.expression(at.parent, at.call.CountExpression)
			found.expression(at.parent, at.call.ForEachExpression)
			found.names(at.parent, at.call.DependsOn)
		}
		delete(found.direct, address)
		r.direct[address] = found.direct
		r.locals[address] = slices.Sorted(maps.Keys(found.locals))
	}
	for _, child := range s.children {
		r.walk(child)
	}
}

// all is everything that a resource needs, also through others.
func (r references) all(address string) map[string]bool {
	reached := map[string]bool{}
	var visit func(string)
	visit = func(at string) {
		for other := range r.direct[at] {
			if !reached[other] {
				reached[other] = true
				visit(other)
			}
		}
	}
	visit(address)
	return reached
}

// finder gathers what expressions refer to.
type finder struct {
	direct, locals, seen map[string]bool
}

func (f *finder) expression(s *scope, e *tfjson.Expression) {
	if e == nil || e.ExpressionData == nil {
		return
	}
	f.names(s, e.References)
	for _, block := range e.NestedBlocks {
		for _, inner := range block {
			f.expression(s, inner)
		}
	}
}

func (f *finder) names(s *scope, refs []string) {
	for _, ref := range refs {
		parts := steps(ref)
		if len(parts) < 2 || f.seen[s.path+strings.Join(parts, ".")] {
			continue
		}
		f.seen[s.path+strings.Join(parts, ".")] = true
		switch parts[0] {
		case "var":
			if s.parent != nil {
				f.expression(s.parent, s.call.Expressions[parts[1]])
			}
		case "module":
			f.module(s, parts, refs)
		case "local":
			f.locals[s.path+"local."+parts[1]] = true
		case "each", "count", "path", "self", "terraform":
		case "data":
			if len(parts) > 2 {
				f.direct[s.path+strings.Join(parts[:3], ".")] = true
			}
		default:
			f.direct[s.path+parts[0]+"."+parts[1]] = true
		}
	}
}

// module follows a reference to an output, or to a whole module: Terraform lists the module beside each output that is meant.
func (f *finder) module(s *scope, parts, refs []string) {
	child := s.children[parts[1]]
	if child == nil {
		return
	}
	if len(parts) > 2 {
		f.output(child, child.module.Outputs[parts[2]])
		return
	}
	for _, other := range refs {
		if longer := steps(other); len(longer) > 2 && longer[0] == "module" && longer[1] == parts[1] {
			return
		}
	}
	for _, output := range child.module.Outputs {
		f.output(child, output)
	}
	if len(child.module.Outputs) == 0 || slices.Contains(s.dependencies(), "module."+parts[1]) {
		f.inside(child)
	}
}

func (f *finder) output(child *scope, output *tfjson.ConfigOutput) {
	if output != nil {
		f.expression(child, output.Expression)
		f.names(child, output.DependsOn)
	}
}

// inside refers to everything in a module: depends_on names the whole.
func (f *finder) inside(s *scope) {
	for _, resource := range s.module.Resources {
		f.direct[s.path+resource.Address] = true
	}
	for _, child := range s.children {
		f.inside(child)
	}
}

// dependencies are all that depends_on names in a module.
func (s *scope) dependencies() []string {
	var names []string
	for _, resource := range s.module.Resources {
		names = append(names, resource.DependsOn...)
	}
	for _, call := range s.module.ModuleCalls {
		names = append(names, call.DependsOn...)
	}
	return names
}

// steps divides a reference or an address at its dots, without instance keys.
func steps(address string) []string {
	var parts []string
	var part strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"' && depth > 0:
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth > 0:
		case c == '.':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	return append(parts, part.String())
}

// plain is an address without instance keys.
func plain(address string) string { return strings.Join(steps(address), ".") }
