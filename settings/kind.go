package settings

import (
	"reflect"
	"strings"
)

const aTime = `a time like "30s", "15m", "2h" or "7d"`

// kindOf says what a setting must be, "" if there is no such setting.
func kindOf(into any, key []string) string {
	t := descend(reflect.TypeOf(into), key)
	if t == nil {
		return ""
	}
	return kindOfType(t)
}

// isDuration reports whether a setting is a time, or a list of them.
func isDuration(into any, key []string) bool {
	t := descend(reflect.TypeOf(into), key)
	if t != nil && t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[Duration]()
}

// descend finds the type of a setting, nil if there is none.
func descend(t reflect.Type, key []string) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, name := range key {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil
		}
		field, ok := fieldOf(t, name)
		if !ok {
			return nil
		}
		t = field
	}
	return t
}

func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("toml") == name {
			return f.Type, true
		}
	}
	return nil, false
}

// names are the settings of a table.
func names(into any, table []string) []string {
	t := descend(reflect.TypeOf(into), table)
	if t != nil && t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for i := range t.NumField() {
		out = append(out, t.Field(i).Tag.Get("toml"))
	}
	return out
}

// tableOf finds the one table that has a setting of that name, as it is
// written in a file; "" is the top.
func tableOf(into any, name string) (table string, ok bool) {
	top := descend(reflect.TypeOf(into), nil)
	var tables []string
	if _, ok := fieldOf(top, name); ok {
		tables = append(tables, "")
	}
	for i := range top.NumField() {
		f := top.Field(i)
		t, brackets := f.Type, "["
		if t.Kind() == reflect.Slice {
			t, brackets = t.Elem(), "[["
		}
		if t.Kind() != reflect.Struct {
			continue
		}
		if _, ok := fieldOf(t, name); ok {
			tables = append(tables, brackets+f.Tag.Get("toml")+strings.Repeat("]", len(brackets)))
		}
	}
	if len(tables) != 1 {
		return "", false
	}
	return tables[0], true
}

func kindOfType(t reflect.Type) string {
	if t == reflect.TypeFor[Duration]() {
		return aTime
	}
	switch t.Kind() {
	case reflect.Slice:
		return kindOfList(t.Elem())
	case reflect.Struct, reflect.Map:
		return "a table"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotes"
	}
	return "a number"
}

func kindOfList(of reflect.Type) string {
	switch {
	case of.Kind() == reflect.Struct:
		return "a list of tables"
	case of.Kind() == reflect.String:
		return `a list of texts, such as ["a", "b"]`
	case of == reflect.TypeFor[Duration]():
		return `a list of times, such as ["15m", "2m"]`
	}
	return "a list of numbers, such as [7]"
}
