package reply

import (
	"slices"
	"strings"
	"testing"

	"onionbot/bots/botstest"
	"onionbot/services"
)

func TestTheOwnerHearsWhatWasDroppedAndWhereItIs(t *testing.T) {
	d := &services.Definition{Name: "drop", Inward: 1, Probe: services.ProbeHTTP, Open: "http://{address}/\nYours: http://{address}/{secret.owner}/", Secrets: []string{"owner"}}
	i := botstest.Instance("site", nil)
	i.Service, i.Name, i.Secrets = "drop", "box", map[string]services.Secret{"owner": "hush"}
	link := "http://" + i.Onion.Address + "/hush/"
	for want, args := range map[string]map[string]string{
		"Somebody has left 2 files and a note at box, 3.1 MB.\nYours: " + link:                         {"drops": "1", "files": "2", "notes": "1", "bytes": "3145728"},
		"3 people (or one, several times) have left 5 files and 2 notes at box, 2 kB.\nYours: " + link: {"drops": "3", "files": "5", "notes": "2", "bytes": "2000"},
		"Somebody has left 1 file at box, 9 bytes.\nIt follows here.\nYours: " + link:                  {"drops": "1", "files": "1", "bytes": "9", "carried": "true"},
		"follows here; the rest is behind the link.\nYours: " + link:                                   {"drops": "1", "files": "9", "bytes": "9", "carried": "true", "more": "true"},
	} {
		r, err := (&Renderer{}).Render(&services.Notice{Kind: services.KindDropped, Instance: i.ID, Args: args}, i, d, noon)
		if err != nil || !strings.HasSuffix(r.Text, want) || !slices.Contains(r.Copy, link) {
			t.Errorf("%v %q\nwant %q", r.Copy, r.Text, want)
		}
	}
}
