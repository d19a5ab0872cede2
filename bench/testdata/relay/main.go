// Relay is the floor's PID 1: it starts the program that it is given and
// relays a unix socket to a TCP port of the container's loopback. It knows no
// deadline, no handshake, no counting and no orderly end.
package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

func main() {
	socket, app, command := os.Args[1], os.Args[2], os.Args[3:]
	listener, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil { //nolint:gosec // tor may be another user
		panic(err)
	}
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec,noctx // its own arguments
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	go func() { _ = cmd.Wait(); os.Exit(1) }()
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go relay(conn, app)
	}
}

func relay(visitor net.Conn, addr string) {
	defer visitor.Close()
	app, err := net.Dial("tcp", addr)
	for try := 0; err != nil && try < 500; try++ { // the app is just starting
		time.Sleep(5 * time.Millisecond)
		app, err = net.Dial("tcp", addr)
	}
	if err != nil {
		return
	}
	defer app.Close()
	go func() {
		_, _ = io.Copy(app, visitor)
		_ = app.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(visitor, app)
}
