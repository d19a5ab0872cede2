package docker

import (
	"encoding/json"
	"math"
)

// seccompProfile is the form that the engine reads, a file's or an option's.
// It names no architecture: the engine then allows the native one alone, so
// that neither 32-bit calls nor x32's numbers get past the arguments below.
type seccompProfile struct {
	Default  string        `json:"defaultAction"`
	Syscalls []seccompRule `json:"syscalls"`
}

// seccompRule holds for calls whose arguments meet every condition.
type seccompRule struct {
	Names  []string           `json:"names"`
	Action string             `json:"action"`
	Errno  uint               `json:"errnoRet,omitempty"`
	Args   []seccompCondition `json:"args,omitempty"`
}

// seccompCondition looks at all 64 bits of one argument. The kernel uses the
// lower half of most, so none here allows a call for being unlike something:
// a refused value with high bits set would be unlike it too.
type seccompCondition struct {
	Index    uint   `json:"index"`
	Value    uint64 `json:"value"`
	ValueTwo uint64 `json:"valueTwo"`
	Op       string `json:"op"`
}

const (
	seccompAllow = "SCMP_ACT_ALLOW"
	seccompErrno = "SCMP_ACT_ERRNO" // EPERM where the rule names no other

	enosys = 38 // the same on every architecture that Debian knows but alpha, mips and sparc
)

// is holds when the argument is exactly value.
func is(index uint, value uint64) seccompCondition {
	return seccompCondition{Index: index, Value: value, Op: "SCMP_CMP_EQ"}
}

// masked holds when the bits of mask in the argument are those of value.
func masked(index uint, mask, value uint64) seccompCondition {
	return seccompCondition{Index: index, Value: mask, ValueTwo: value, Op: "SCMP_CMP_MASKED_EQ"}
}

func allow(name string, args ...seccompCondition) seccompRule {
	return seccompRule{Names: []string{name}, Action: seccompAllow, Args: args}
}

// seccompJSON is the profile of every container, as the engine takes it.
func seccompJSON() string {
	p := seccompProfile{Default: seccompErrno}
	p.Syscalls = append(p.Syscalls, seccompRule{Names: openCalls(), Action: seccompAllow})
	p.Syscalls = append(p.Syscalls, sockets()...)
	p.Syscalls = append(p.Syscalls, processes()...)
	p.Syscalls = append(p.Syscalls, nodes()...)
	p.Syscalls = append(p.Syscalls, ioctls()...)
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(text)
}

// Address families, types and protocols of sockets.
const (
	afUnix, afInet, afInet6, afNetlink             = 1, 2, 10, 16
	sockStream, sockDgram, sockRaw, sockSeqpacket  = 1, 2, 3, 5
	protoDefault, protoTCP, protoUDP, netlinkRoute = 0, 6, 17, 0

	sockFlags uint64 = 0o2000000 | 0o4000 // SOCK_CLOEXEC, SOCK_NONBLOCK
)

// sockets allows what an app on a loopback needs: local sockets, TCP and UDP,
// and the question which interfaces there are. No raw sockets, no AF_VSOCK, no
// AF_ALG, no protocol that brings a module with it.
func sockets() []seccompRule {
	kind := func(t uint64) seccompCondition { return masked(1, math.MaxUint64&^sockFlags, t) }
	var all []seccompRule
	for _, t := range []uint64{sockStream, sockDgram, sockSeqpacket} {
		all = append(all,
			allow("socket", is(0, afUnix), kind(t), is(2, protoDefault)),
			allow("socketpair", is(0, afUnix), kind(t), is(2, protoDefault)))
	}
	for _, family := range []uint64{afInet, afInet6} {
		all = append(all,
			allow("socket", is(0, family), kind(sockStream), is(2, protoDefault)),
			allow("socket", is(0, family), kind(sockStream), is(2, protoTCP)),
			allow("socket", is(0, family), kind(sockDgram), is(2, protoDefault)),
			allow("socket", is(0, family), kind(sockDgram), is(2, protoUDP)))
	}
	for _, t := range []uint64{sockRaw, sockDgram} {
		all = append(all, allow("socket", is(0, afNetlink), kind(t), is(2, netlinkRoute)))
	}
	return all
}

const (
	upperHalf uint64 = 0xffffffff_00000000
	// newNamespaces are CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID
	// and NEWNET. CLONE_NEWTIME shares its bit with the exit signal and is
	// taken by clone3 and unshare only.
	newNamespaces uint64 = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
)

// processes allows new processes and threads, in the namespaces there are.
// The flags of clone3 lie in memory, out of a filter's sight: "not implemented"
// makes every libc fall back to clone.
func processes() []seccompRule {
	all := []seccompRule{
		allow("clone", masked(0, upperHalf|newNamespaces, 0)),
		{Names: []string{"clone3"}, Action: seccompErrno, Errno: enosys},
	}
	// The personalities that a Linux program asks for, and the question which it has.
	for _, p := range []uint64{0x0, 0x8, 0x20000, 0x20008, 0xffffffff} {
		all = append(all, allow("personality", is(0, p)))
	}
	return all
}

// nodes allows files, named pipes and sockets, no devices.
func nodes() []seccompRule {
	const format, fifo, regular, socket uint64 = 0o170000, 0o010000, 0o100000, 0o140000
	var all []seccompRule
	for _, kind := range []uint64{0, fifo, regular, socket} {
		all = append(all,
			allow("mknod", masked(1, upperHalf|format, kind)),
			allow("mknodat", masked(2, upperHalf|format, kind)))
	}
	return all
}

// ioctls allows requests of terminals, of sockets and of the random device.
// Requests of file systems tell the identifier and the label of the host's
// disk from any mounted directory (FS_IOC_GETFSUUID and its kin).
func ioctls() []seccompRule {
	const kind uint64 = 0xff00 // the byte of a request that names its type
	var all []seccompRule
	for _, t := range []uint64{'T', 0x89, 'R'} {
		all = append(all, allow("ioctl", masked(1, kind, t<<8)))
	}
	return all
}
