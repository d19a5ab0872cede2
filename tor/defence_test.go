package tor

import (
	"strings"
	"testing"

	"onionbot/services"
)

// additions records what a fake tor is asked to add, and refuses words that it
// does not know, as tor does.
func additions(f *fakeTor, known func(word string) bool) *[]string {
	asked := new([]string)
	f.with(func() {
		f.script = func(line string) string {
			if !strings.HasPrefix(line, "ADD_ONION ") {
				return ""
			}
			*asked = append(*asked, line)
			for word := range strings.FieldsSeq(line) {
				if !known(word) {
					return "512 Syntax error in command argument: Bad arguments to ADD_ONION: Unrecognized keyword argument"
				}
			}
			return ""
		}
	})
	return asked
}

func TestOnionsAreDefendedWhereTorCan(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	asked := additions(f, func(string) bool { return true })
	if err := p.Publish(soon(t), testSpec(t, "alice")); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{",MaxStreamsCloseCircuit ", " MaxStreams=32 ", " PoWDefensesEnabled=1 PoWQueueRate=25 PoWQueueBurst=250 "} {
		if len(*asked) != 1 || !strings.Contains((*asked)[0], word) {
			t.Errorf("asked %d times, without %q", len(*asked), word)
		}
	}
	if h := p.Health(soon(t)); !h[0].ProofOfWork {
		t.Errorf("%+v", h)
	}
	if d := p.Defences(); d.Newcomers != powRate || d.Streams != streamsPerCircuit {
		t.Errorf("said to do %+v", d)
	}
}

func TestTorWithoutProofOfWorkIsUsedWithoutAndItIsTold(t *testing.T) {
	f := newFakeTor(t)
	p := openFakes(t, Options{}, f)
	asked := additions(f, func(word string) bool { return !strings.HasPrefix(word, "PoW") })
	private := testSpec(t, "alice")
	private.Onion.Clients = []services.Client{{Person: "bob", Key: strings.Repeat("A", 52)}}
	for _, spec := range []services.OnionSpec{private, testSpec(t, "bob")} {
		if err := p.Publish(soon(t), spec); err != nil {
			t.Fatal(err)
		}
	}
	if len(*asked) != 3 { // refused, again without, and the second one
		t.Fatalf("asked %d times", len(*asked))
	}
	for i, line := range *asked {
		if strings.Contains(line, "PoW") != (i == 0) || !strings.Contains(line, "MaxStreams=") {
			t.Errorf("request %d: %s", i, line[strings.Index(line, "Flags="):])
		}
		if strings.Contains(line, "V3Auth") != (i < 2) {
			t.Errorf("request %d has lost, or gained, its clients", i)
		}
	}
	if h := p.Health(soon(t)); h[0].ProofOfWork {
		t.Errorf("%+v", h)
	}
	if d := p.Defences(); d.Newcomers != 0 || d.Streams != streamsPerCircuit {
		t.Errorf("said to do %+v", d)
	}
}

func TestVersionsWithProofOfWork(t *testing.T) {
	for version, want := range map[string]bool{
		"0.4.9.11": true, "0.4.9.1-alpha (git-abc)": true, "0.5.0.1": true, "1.0.0": true, "0.4.8.13": false, "0.3.5.8": false,
	} {
		if hasPoW(version) != want {
			t.Errorf("%s: %v", version, !want)
		}
	}
	if has, err := ProofOfWork(t.Context(), "tor"); err != nil || !has {
		t.Errorf("this machine's tor: %v, %v", has, err)
	}
}
