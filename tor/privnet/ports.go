package privnet

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports are taken from below the range from which kernels choose ports by
// themselves (Linux from 32768 up), so that no outgoing connection of some
// other program can take one away.
const (
	lowestPort  = 10000
	highestPort = 32000
)

// reservedPort is a free port of 127.0.0.1 that is kept until it is released.
// Only the authorities need one: they stand in every torrc with their ports.
type reservedPort struct {
	number   int
	listener net.Listener
}

// reservePorts finds count free ports and holds them.
func reservePorts(count int) ([]*reservedPort, error) {
	var ports []*reservedPort
	for range 100 * count {
		number := lowestPort + rand.IntN(highestPort-lowestPort)                 //nolint:gosec // not a secret
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", number)) //nolint:noctx // returns at once
		if err != nil {
			continue
		}
		ports = append(ports, &reservedPort{number, listener})
		if len(ports) == count {
			return ports, nil
		}
	}
	releasePorts(ports)
	return nil, errors.New("no free ports on 127.0.0.1")
}

// release gives the port up, just before the tor starts that listens on it.
func (p *reservedPort) release() {
	_ = p.listener.Close()
}

func releasePorts(ports []*reservedPort) {
	for _, p := range ports {
		p.release()
	}
}
