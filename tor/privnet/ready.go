package privnet

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// awaitReady waits until every node has the consensus with all relays in it,
// with the flags that clients and onion services need, and enough of the
// relays' descriptions to hand them on.
func awaitReady(ctx context.Context, nodes []node, exits bool) error {
	for _, a := range nodes[:authorityCount] {
		if err := awaitServed(ctx, a); err != nil {
			return fmt.Errorf("%s does not serve the consensus: %w", a.name, err)
		}
	}
	for _, nd := range nodes[authorityCount:] {
		// A relay that asked before the vote would wait before it asks
		// again; a reload makes it ask now.
		if _, err := nd.ask(ctx, "SIGNAL RELOAD"); err != nil {
			return fmt.Errorf("reload %s: %w", nd.name, err)
		}
	}
	for _, nd := range nodes {
		lack := ""
		err := poll(ctx, nd.process, func() (bool, error) {
			var err error
			lack, err = lacks(ctx, nd, len(nodes), exits)
			return lack == "", err
		})
		if err != nil {
			return fmt.Errorf("%s: %s: %w", nd.name, lack, err)
		}
	}
	return nil
}

// awaitServed waits until an authority hands out the consensus in both forms.
// It has it a moment before: what it hands out is compressed first. A relay
// that asks in that moment would wait a second or more before it asks again.
func awaitServed(ctx context.Context, authority node) error {
	listeners, err := authority.info(ctx, "net/listeners/dir")
	if err != nil {
		return err
	}
	url := "http://" + strings.Trim(listeners, `"`) + "/tor/status-vote/current/"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, document := range []string{"consensus.z", "consensus-microdesc.z"} {
		err := poll(ctx, authority.process, func() (bool, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+document, nil)
			if err != nil {
				return false, err
			}
			response, err := client.Do(request)
			if err != nil {
				return false, nil //nolint:nilerr // asked again until the context is done
			}
			return response.StatusCode == http.StatusOK, response.Body.Close()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lacks returns what a node lacks to be ready, or nothing.
func lacks(ctx context.Context, nd node, relays int, exits bool) (string, error) {
	list, err := listRelays(ctx, nd)
	if err != nil {
		return "", err
	}
	if len(list) < relays {
		return fmt.Sprintf("consensus with %d of %d relays", len(list), relays), nil
	}
	for name, flags := range list {
		if missing := missingFlag(name, flags, exits); missing != "" {
			return fmt.Sprintf("%s is no %s", name, missing), nil
		}
	}
	enough, err := nd.info(ctx, "status/enough-dir-info")
	if err != nil || enough == "1" {
		return "", err
	}
	return "not enough directory information", nil
}

// missingFlag returns a flag that a relay should have and has not.
func missingFlag(name string, flags []string, exits bool) string {
	wanted := []string{"Fast", "Guard", "HSDir", "Running", "V2Dir", "Valid"}
	if exits && strings.HasPrefix(name, "relay") {
		wanted = append(wanted, "Exit")
	}
	for _, flag := range wanted {
		if !slices.Contains(flags, flag) {
			return flag
		}
	}
	return ""
}
