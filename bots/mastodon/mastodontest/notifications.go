package mastodontest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// notification is one entry of the bot's list.
type notification struct {
	id     string
	kind   string
	at     time.Time
	status *status
}

// Renotify makes a second notification about a post.
func (s *Server) Renotify(statusID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notifications = append(s.notifications, &notification{
		id: s.next("notification"), kind: "mention", at: s.now(), status: s.statusByID(statusID),
	})
}

// filtered is Mastodon's policy for a new notification.
func (s *Server) filtered(st *status) bool {
	if s.flavour != Mastodon45 || slices.Contains(s.following, st.from.ID) {
		return false
	}
	return s.policy["for_not_following"] != "accept" || st.vis == "direct" && s.policy["for_private_mentions"] != "accept"
}

// list is GET /api/v1/notifications.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit := 40
	if n, err := strconv.Atoi(q.Get("limit")); err == nil && n > 0 {
		limit = min(n, 80)
	}
	minID := q.Get("min_id")
	if s.flavour == Pleroma {
		minID = ""
	}
	var fit []*notification // oldest first
	for _, n := range s.notifications {
		types := q["types[]"]
		switch {
		case len(types) > 0 && !slices.Contains(types, n.kind):
		case q.Get("max_id") != "" && compare(n.id, q.Get("max_id")) >= 0:
		case q.Get("since_id") != "" && compare(n.id, q.Get("since_id")) <= 0:
		case minID != "" && compare(n.id, minID) <= 0:
		case n.status == nil || n.status.deleted:
		default:
			fit = append(fit, n)
		}
	}
	if len(fit) > limit {
		if minID != "" {
			fit = fit[:limit]
		} else {
			fit = fit[len(fit)-limit:]
		}
	}
	page := []any{}
	for _, n := range slices.Backward(fit) {
		page = append(page, map[string]any{
			"id": n.id, "type": n.kind, "created_at": s.date(n.at),
			"account": s.accountJSON(n.status.from), "status": s.statusJSON(n.status),
		})
	}
	if len(fit) > 0 {
		base := s.URL + "/api/v1/notifications?limit=" + strconv.Itoa(limit)
		w.Header().Set("Link", fmt.Sprintf(`<%s&max_id=%s>; rel="next", <%s&min_id=%s>; rel="prev"`,
			base, fit[0].id, base, fit[len(fit)-1].id))
	}
	answer(w, page)
}

// compare orders ids: numbers by value, others as text.
func compare(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
