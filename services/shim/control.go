package shim

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"
)

// requestPatience bounds one exchange on the control socket.
const requestPatience = 5 * time.Second

// serveControl answers requests on l, one at a time, until l is closed. Only
// the host reaches the socket; see the package comment.
func serveControl(l net.Listener, handle func(*Request) Response) {
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(dialPause) // out of descriptors or memory: it may pass
			continue
		}
		answer(conn, handle)
	}
}

func answer(conn net.Conn, handle func(*Request) Response) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(requestPatience))
	var out Response
	req, err := parseRequest(conn)
	if err != nil {
		out.Error = err.Error()
	} else {
		out = handle(req)
		_ = conn.SetDeadline(time.Now().Add(requestPatience)) // a start takes its time
	}
	const most = 512 // of a sentence; the answer stays far below MaxResponse
	if len(out.Error) > most {
		out.Error = out.Error[:most]
	}
	b, err := json.Marshal(out)
	if err != nil {
		return
	}
	_, _ = conn.Write(b)
}

// bind makes a listening socket that anybody who reaches it may use. The name
// appears only when it is ready: whoever sees it can connect.
func bind(dir, name string) (net.Listener, error) {
	path := filepath.Join(dir, name)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path + ".new", Net: "unix"})
	if err != nil {
		return nil, err
	}
	// The runtime moves the socket away; what has its name later is not ours.
	l.SetUnlinkOnClose(false)
	err = errors.Join(os.Chmod(path+".new", 0o666), os.Rename(path+".new", path)) //nolint:gosec // the directory is the guard
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}
