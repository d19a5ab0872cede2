package tor

import (
	"context"
	"encoding/base32"
	"fmt"
	"path/filepath"
	"strings"

	"onionbot/services"
)

// The requests about onions, in the words of the control protocol.

// checkSpec refuses what must not, or cannot, be sent to a tor.
func checkSpec(spec services.OnionSpec) error {
	if _, err := onionID(spec.Onion.Address); err != nil {
		return err
	}
	if err := checkKey(spec.Onion.Key, spec.Onion.Address); err != nil {
		return err
	}
	if len(spec.Targets) == 0 {
		return fmt.Errorf("tor: the onion has no port")
	}
	for _, t := range spec.Targets {
		if t.Port < 1 || t.Port > 65535 || !filepath.IsAbs(t.Socket) || len(t.Socket) > maxSocketPath ||
			strings.ContainsAny(t.Socket, " \t\r\n\x00\",") {
			return fmt.Errorf("tor: port %d has no usable target", t.Port)
		}
	}
	if len(spec.Onion.Clients) > services.MaxClients {
		return fmt.Errorf("tor: an onion has too many clients")
	}
	for _, c := range spec.Onion.Clients {
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(c.Key))
		if err != nil || len(raw) != 32 {
			return fmt.Errorf("tor: a client key is not an x25519 key in base32")
		}
	}
	return nil
}

// addOnion returns the words of ADD_ONION for a spec that was checked.
func addOnion(spec services.OnionSpec, pow bool) ([]string, error) {
	flags := "Flags=Detach,DiscardPK,MaxStreamsCloseCircuit"
	if len(spec.Onion.Clients) > 0 {
		flags += ",V3Auth"
	}
	clients, err := clientKeys(spec.Onion)
	if err != nil {
		return nil, err
	}
	words := append([]string{"ADD_ONION", spec.Onion.Key.Reveal(), flags}, defences(pow)...)
	for _, t := range spec.Targets {
		words = append(words, fmt.Sprintf("Port=%d,unix:%s", t.Port, t.Socket))
	}
	for _, c := range clients {
		words = append(words, "ClientAuthV3="+strings.ToUpper(c))
	}
	return words, nil
}

// add adds the onion. there reports that the tor had it already.
func (s *session) add(ctx context.Context, spec services.OnionSpec, pow bool) (there bool, err error) {
	words, err := addOnion(spec, pow)
	if err != nil {
		return false, err
	}
	_, err = s.request(ctx, words...)
	if refusal(err) == codeUnspecified && strings.Contains(err.Error(), "collision") {
		return true, nil
	}
	return false, err
}

// del removes the onion; one that is not there is removed.
func (s *session) del(ctx context.Context, id string) error {
	_, err := s.request(ctx, "DEL_ONION", id)
	if refusal(err) == codeUnrecognized {
		return nil
	}
	return err
}

// onions lists the detached onions of the tor, by id.
func (s *session) onions(ctx context.Context) ([]string, error) {
	list, err := s.info(ctx, "onions/detached")
	if refusal(err) == codeInternal { // how some versions say that there is none
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Fields(list), nil
}

// closeVisits closes the circuits by which visitors of the onion are joined to
// it. DEL_ONION alone leaves them open, and they go on to serve.
func (s *session) closeVisits(ctx context.Context, id string) error {
	for range 5 {
		circuits, err := s.visits(ctx, id)
		if err != nil || len(circuits) == 0 {
			return err
		}
		for _, c := range circuits {
			if _, err := s.request(ctx, "CLOSECIRCUIT", c); err != nil && refusal(err) != codeUnrecognized {
				return err
			}
		}
	}
	return fmt.Errorf("tor: circuits of a removed onion stay open")
}

// visits lists the circuits that belong to the onion as a service. A circuit
// by which this tor visits the onion itself has another purpose.
func (s *session) visits(ctx context.Context, id string) ([]string, error) {
	status, err := s.info(ctx, "circuit-status")
	if err != nil {
		return nil, err
	}
	var circuits []string
	for line := range strings.Lines(status) {
		if !strings.Contains(line, " PURPOSE=HS_SERVICE_") {
			continue
		}
		words := strings.Fields(line)
		for _, w := range words {
			if w == "REND_QUERY="+id && words[1] != "CLOSED" {
				circuits = append(circuits, words[0])
			}
		}
	}
	return circuits, nil
}

// joined reports whether a circuit of the streams with this isolation is joined
// to the onion. It stays so for a while after they have ended.
func (s *session) joined(ctx context.Context, id, isolation string) (bool, error) {
	status, err := s.info(ctx, "circuit-status")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(status) {
		if strings.Contains(line, " HS_STATE=HSCR_JOINED REND_QUERY="+id+" ") &&
			strings.Contains(line, ` SOCKS_USERNAME="`+isolation+`"`) {
			return true, nil
		}
	}
	return false, nil
}
