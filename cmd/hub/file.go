package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// file is a YAML file of settings: the text of each value by the name of its flag. It stays text so
// that kong reads it as it reads a flag, and a key of digits is not taken for a number on the way.
type file map[string]string

// loadFile reads a mapping of flag names to scalars or, for flags that may repeat, lists of them.
func loadFile(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	settings := file{}
	for _, doc := range tree.Docs {
		if err := settings.add(doc.Body); err != nil {
			return nil, err
		}
	}
	return settings, nil
}

func (f file) add(body ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch body := body.(type) {
	case nil: // an empty file, or one of comments
	case *ast.CommentGroupNode:
	case *ast.MappingNode:
		pairs = body.Values
	default:
		return fmt.Errorf("want lines like \"addr: 127.0.0.1:8080\", got %s", body.Type())
	}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		if _, twice := f[key]; twice {
			return fmt.Errorf("%s is set twice", key)
		}
		value, err := scalars(p.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		f[key] = value
	}
	return nil
}

// scalars returns a value as it would be written after a flag: a list separated by commas.
func scalars(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.NullNode:
		return "", fmt.Errorf("has no value")
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	case *ast.SequenceNode:
		var items []string
		for _, v := range n.Values {
			if _, nested := v.(*ast.SequenceNode); nested {
				return "", fmt.Errorf("is a list in a list")
			}
			item, err := scalars(v)
			if err != nil {
				return "", err
			}
			items = append(items, item)
		}
		return kong.JoinEscaped(items, ','), nil
	}
	return "", fmt.Errorf("want a value or a list, got %s", n.Type())
}

// Validate refuses keys that are not flags: a setting with a typo would silently not be set.
func (f file) Validate(app *kong.Application) error {
	var known, unknown []string
	for _, flag := range app.Flags {
		if flag.Name != "help" && flag.Name != "config" {
			known = append(known, flag.Name)
		}
	}
	for key := range f {
		if !slices.Contains(known, key) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return fmt.Errorf("the configuration file sets what is no flag: %s", strings.Join(unknown, ", "))
	}
	return nil
}

// Resolve returns the value of a flag, or nothing if its environment variable is set: kong would
// let the file win.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, set := os.LookupEnv(env); set {
			return nil, nil
		}
	}
	if value, ok := f[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}
