package privnet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bandwidthsName is the file in which the authorities look up the measured
// bandwidth of each relay when they vote.
const bandwidthsName = "bandwidths"

// measuredBandwidth, in kilobytes per second, is the same for all relays.
const measuredBandwidth = 10000

// writeBandwidths tells the authorities that all relays are equally fast.
//
// Without it they believe what relays report about themselves, which is next
// to nothing this early: one relay with a few bytes then gets the whole weight,
// clients choose it for the first and the last hop of every circuit, and no
// such circuit can be built.
func writeBandwidths(ctx context.Context, dir string, nodes []node) error {
	var fingerprints []string
	for _, nd := range nodes {
		f, err := nd.info(ctx, "fingerprint")
		if err != nil {
			return fmt.Errorf("fingerprint of %s: %w", nd.name, err)
		}
		fingerprints = append(fingerprints, f)
	}
	content := bandwidths(time.Now(), fingerprints)
	if err := os.WriteFile(filepath.Join(dir, bandwidthsName), []byte(content), 0o600); err != nil {
		return fmt.Errorf("write the bandwidths: %w", err)
	}
	return nil
}

// bandwidths renders the file: a time, then one line per relay.
func bandwidths(now time.Time, fingerprints []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", now.Unix())
	for _, f := range fingerprints {
		fmt.Fprintf(&b, "node_id=$%s bw=%d\n", f, measuredBandwidth)
	}
	return b.String()
}
