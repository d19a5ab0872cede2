package conversation

import (
	"context"

	"onionbot/services"
)

// page is the instance that a command about content means: the one that is
// named, else the only one of the user's that takes content.
func (r *Router) page(ctx context.Context, t turn, target string) (*services.Instance, error) {
	if r.o.Content == nil {
		return nil, services.E(services.CodeNoContent, "service", target)
	}
	if target != "" {
		i, err := r.o.Manager.Find(ctx, t.user, target)
		if d := definitionOf(r, i); err == nil && (d == nil || d.Content == "") {
			return nil, services.E(services.CodeNoContent, "service", i.Service)
		}
		return i, err
	}
	own, err := r.pages(ctx, t.user)
	if err != nil {
		return nil, err
	}
	switch len(own) {
	case 0:
		return nil, services.E(services.CodeNothingRunning)
	case 1:
		return own[0], nil
	}
	return nil, services.E(services.CodeAmbiguous, "names", namesOf(own))
}

// pages are the user's own running instances that take content.
func (r *Router) pages(ctx context.Context, u *services.User) (own []*services.Instance, err error) {
	all, err := r.o.Manager.List(ctx, u)
	for _, i := range all {
		if d := definitionOf(r, i); i.Owner == u.Name && i.Live() && d != nil && d.Content != "" {
			own = append(own, i)
		}
	}
	return own, err
}

func definitionOf(r *Router, i *services.Instance) *services.Definition {
	if i == nil {
		return nil
	}
	return r.definition(i.Service)
}

func namesOf(all []*services.Instance) string {
	names := ""
	for _, i := range all {
		if names != "" {
			names += ", "
		}
		names += i.Name
	}
	return names
}
