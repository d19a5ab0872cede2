package tor

import (
	"context"
	"strings"
)

// DialSOCKS is for tests that visit onions from outside the pool.
var DialSOCKS = dialSOCKS

// ClientKeys is what each tor of the pool says of the keys that it has as a
// visitor of private onions.
func (p *Pool) ClientKeys(ctx context.Context) (all []string) {
	for _, m := range p.members {
		_ = m.link.do(ctx, func(s *session) error {
			lines, err := s.request(ctx, "ONION_CLIENT_AUTH_VIEW")
			all = append(all, strings.Join(lines, "\n"))
			return err
		})
	}
	return all
}
