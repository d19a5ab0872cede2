package main

import (
	"reflect"
)

// kindOf says what a setting must be, "" if there is no such setting.
func kindOf(key []string) string {
	t := reflect.TypeFor[config]()
	for _, name := range key {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return ""
		}
		found := false
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get("toml") == name {
				t, found = f.Type, true
				break
			}
		}
		if !found {
			return ""
		}
	}
	return kindOfType(t)
}

func kindOfType(t reflect.Type) string {
	if t == reflect.TypeFor[duration]() {
		return `a time like "30s", "15m", "2h" or "7d"`
	}
	switch t.Kind() {
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.Struct:
			return "a list of tables"
		case reflect.String:
			return `a list of texts, such as ["a", "b"]`
		}
		if t.Elem() == reflect.TypeFor[duration]() {
			return `a list of times, such as ["15m", "2m"]`
		}
		return "a list of numbers, such as [7]"
	case reflect.Struct:
		return "a table"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text in quotes"
	}
	return "a number"
}
