package services

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Several services may stand behind one address: a joint start. It is one
// instance in every respect, with one row, onion, deadline and owner; what it
// runs is named by the names of its services with this mark between them. Each
// of them has a container of its own.
const jointMark = "+"

// MaxParts is how many services may stand behind one address.
const MaxParts = 6

// Join makes one definition of several, in their order. Refusals are [*Error]:
// [CodeSameService], [CodePortClash], [CodeContentClash], [CodeTooManyParts].
func Join(parts ...*Definition) (*Definition, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	if len(parts) > MaxParts {
		return nil, E(CodeTooManyParts, "max", fmt.Sprint(MaxParts))
	}
	joint := &Definition{Parts: parts, Probe: parts[0].Probe, Open: parts[0].Open}
	var names []string
	for i, p := range parts {
		for _, earlier := range parts[:i] {
			if err := clash(earlier, p); err != nil {
				return nil, err
			}
		}
		names = append(names, p.Name)
		joint.Ports = append(joint.Ports, p.Ports...)
		joint.DefaultLife = shorter(joint.DefaultLife, p.DefaultLife)
		joint.MaxLife = shorter(joint.MaxLife, p.MaxLife)
		joint.NeedsSSHKeys = joint.NeedsSSHKeys || p.NeedsSSHKeys
		joint.HostKey = joint.HostKey || p.HostKey
		joint.EphemeralKey = joint.EphemeralKey || p.EphemeralKey
		joint.Content = cmp.Or(joint.Content, p.Content)
		joint.Verbatim = joint.Verbatim || p.Verbatim
		for _, name := range p.Secrets {
			joint.Secrets = append(joint.Secrets, p.secretName(name))
		}
	}
	joint.Name, joint.Summary = strings.Join(names, jointMark), strings.Join(names, " and ")
	return joint, nil
}

// clash says why two services cannot stand behind one address.
func clash(a, b *Definition) error {
	if a.Name == b.Name {
		return E(CodeSameService, "service", a.Name)
	}
	for _, p := range a.Ports {
		if slices.ContainsFunc(b.Ports, func(q Port) bool { return p.Onion == q.Onion }) {
			return E(CodePortClash, "service", a.Name, "other", b.Name, "port", fmt.Sprint(p.Onion))
		}
	}
	if a.Content != "" && b.Content != "" {
		return E(CodeContentClash, "service", a.Name, "other", b.Name)
	}
	return nil
}

// Singles are the definitions that have a container each: the parts of a joint
// one in their order, else the definition itself.
func (d *Definition) Singles() []*Definition {
	if len(d.Parts) > 0 {
		return d.Parts
	}
	return []*Definition{d}
}

// JointName is what a definition of these services is called.
func JointName(services ...string) string { return strings.Join(services, jointMark) }

// SplitService are the names of the services that a definition's name stands
// for, one if it is not joint.
func SplitService(name string) []string { return strings.Split(name, jointMark) }

// defaultName is what an instance is called whose owner has named none.
func (d *Definition) defaultName() string {
	name := strings.ReplaceAll(d.Name, jointMark, "-")
	return strings.TrimRight(name[:min(len(name), maxName)], "-")
}

// Services are the names of what the instance runs, each in a container.
func (i *Instance) Services() []string { return SplitService(i.Service) }

// runs reports whether the instance runs a service, or all that a joint name
// stands for.
func (i *Instance) runs(service string) bool {
	for _, name := range SplitService(service) {
		if !slices.Contains(i.Services(), name) {
			return false
		}
	}
	return true
}

// Containers are the IDs of the instance's containers, one for each of its
// Services and in their order. They follow from the row alone, so that what
// should be there is known even if nothing is.
func (i *Instance) Containers() []string {
	ids := []string{i.ID}
	for n := 2; n <= len(i.Services()); n++ {
		ids = append(ids, fmt.Sprintf("%s-%d", i.ID, n))
	}
	return ids
}

// InstanceOf is the ID of the instance that a container belongs to.
func InstanceOf(container string) string {
	id, _, _ := strings.Cut(container, "-")
	return id
}

// secretName is what a part's secret is called in a joint definition.
func (d *Definition) secretName(name string) string { return d.Name + "." + name }

// SecretsOf are the instance's secrets that one of its services may have, by the
// names that its definition gives them.
func (i *Instance) SecretsOf(d *Definition) map[string]Secret {
	if len(i.Services()) == 1 {
		return i.Secrets
	}
	own := make(map[string]Secret)
	for _, name := range d.Secrets {
		own[name] = i.Secrets[d.secretName(name)]
	}
	return own
}

// countContainers is how many containers instances stand for.
func countContainers(tx Tx, f InstanceFilter) (int, error) {
	all, err := tx.Instances(f)
	n := 0
	for _, i := range all {
		n += len(i.Services())
	}
	return n, err
}

// LacksPorts reports whether the ports are not known yet, since the image has
// not been there to say them.
func (d *Definition) LacksPorts() bool { return len(d.Ports) == 0 }

// checkJoint refuses a start of several services that could not keep its word.
// Rules count visitors: each container's shim sees its own only, and none may
// depend on the bot. Ports that are not known yet might clash.
func checkJoint(d *Definition, r Rules) error {
	if len(d.Parts) == 0 {
		return nil
	}
	if r != (Rules{}) {
		return E(CodeJointRules)
	}
	if i := slices.IndexFunc(d.Parts, (*Definition).LacksPorts); i >= 0 {
		return E(CodePortsUnknown, "service", d.Parts[i].Name)
	}
	return nil
}
