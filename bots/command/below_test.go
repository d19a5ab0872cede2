package command

import (
	"reflect"
	"testing"
	"time"

	"onionbot/bots/botstest"
	"onionbot/services"
)

func grammarFor() *Grammar {
	return &Grammar{Services: botstest.Catalog(), User: botstest.Anna(), Now: botstest.Noon()}
}

func TestClausesMayStandBelowTheirCommand(t *testing.T) {
	for text, want := range map[string]Command{
		"start site\nfor 2h":                                   {For: 2 * time.Hour},
		"start site\n2h":                                       {For: 2 * time.Hour},
		"start site\n\n  For 2h, please.\n# Hello":             {For: 2 * time.Hour, Body: "# Hello"},
		"start site\nuntil 18:00\nonce":                        {Until: botstest.Noon().Add(6 * time.Hour), Visits: 1},
		"start site as blog\nfor 20 visits\nidle 15m\nCome in": {Name: "blog", Visits: 20, Idle: 15 * time.Minute, Body: "Come in"},
		"start site\nas blog":                                  {Name: "blog"},
		"start site\nfor you\nfor 2h":                          {Body: "for you\nfor 2h"},
		"start site\nfor 2h we play":                           {Body: "for 2h we play"},
		"start site\nOnce upon a time":                         {Body: "Once upon a time"},
		"start site\n# for 2h":                                 {Body: "# for 2h"},
		"start site\nHello\nfor 2h":                            {Body: "Hello\nfor 2h"},
		"start site\nuntil further notice":                     {Body: "until further notice"},
	} {
		want.Verb, want.Service = VerbStart, "site"
		got, err := grammarFor().Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"start site for 2h\nfor 3h", "start site for 2h\nuntil 18:00"} {
		if _, err := grammarFor().Parse(text); !services.IsCode(err, services.CodeUsage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAddAndClear(t *testing.T) {
	for text, want := range map[string]Command{
		"add":                           {Verb: VerbAdd},
		"Add to site":                   {Verb: VerbAdd, Target: "site"},
		"add this to my blog\nand so":   {Verb: VerbAdd, Target: "blog", Body: "and so"},
		"add blog with #812":            {Verb: VerbAdd, Target: "blog", With: "#812"},
		"add #abcdefghijkl with #812":   {Verb: VerbAdd, Target: "#abcdefghijkl", With: "#812"},
		"add with #812":                 {Verb: VerbAdd, With: "#812"},
		"clear":                         {Verb: VerbClear},
		"clear the site":                {Verb: VerbClear, Target: "site"},
		"start site keep metadata":      {Verb: VerbStart, Service: "site", KeepMetadata: true},
		"start site\nkeep exif data\nx": {Verb: VerbStart, Service: "site", KeepMetadata: true, Body: "x"},
		"add blog keep the metadata":    {Verb: VerbAdd, Target: "blog", KeepMetadata: true},
		"add keep metadata":             {Verb: VerbAdd, KeepMetadata: true},
		"start site with #812":          {Verb: VerbStart, Service: "site", With: "#812"},
	} {
		got, err := grammarFor().Parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
		if again, err := grammarFor().Parse(got.String()); err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%q, typed again as %q, is %+v, %v", text, got.String(), again, err)
		}
	}
	for _, text := range []string{"add site with", "add site with blog", "start site with", "clear site now then"} {
		if _, err := grammarFor().Parse(text); !services.IsCode(err, services.CodeUsage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
