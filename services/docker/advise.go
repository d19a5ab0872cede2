package docker

import (
	"strings"

	"onionbot/services"
)

// advise tells the operator what the service lacks whose app has ended, if that
// can be told without telling what is its owner's.
func (r *Runtime) advise(spec services.ContainerSpec, c services.Container) {
	text := services.Advise(c, spec.Definition)
	if text == "" || spec.Address != "" && strings.Contains(text, strings.TrimSuffix(spec.Address, ".onion")) {
		return
	}
	for _, s := range spec.Secrets {
		if s != "" && strings.Contains(text, s.Reveal()) {
			return
		}
	}
	r.log.Warn("an app does not come up", "service", spec.Definition.Name, "advice", text)
}
