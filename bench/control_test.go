package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"sync"
)

// control is a bare connection to a tor of the private network, with the
// uploads of descriptors as events.
type control struct {
	conn    net.Conn
	call    sync.Mutex
	replies chan []string

	mu       sync.Mutex
	uploaded map[string]chan struct{}
}

func dialControl(socket string) (*control, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	c := &control{conn: conn, replies: make(chan []string), uploaded: map[string]chan struct{}{}}
	go c.read()
	for _, command := range []string{"AUTHENTICATE", "SETEVENTS HS_DESC"} {
		if _, err := c.ask(command); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return c, nil
}

func (c *control) close() { _ = c.conn.Close() }

func (c *control) read() {
	defer close(c.replies)
	lines := textproto.NewReader(bufio.NewReader(c.conn))
	var reply []string
	for {
		line, err := lines.ReadLine()
		if err != nil || len(line) < 4 {
			return
		}
		if strings.HasPrefix(line, "650") {
			if f := strings.Fields(line); len(f) > 3 && f[1] == "HS_DESC" && f[2] == "UPLOADED" {
				c.note(f[3])
			}
			continue
		}
		reply = append(reply, line)
		if line[3] == ' ' {
			c.replies <- reply
			reply = nil
		}
	}
}

func (c *control) ask(command string) ([]string, error) {
	c.call.Lock()
	defer c.call.Unlock()
	if _, err := c.conn.Write([]byte(command + "\r\n")); err != nil {
		return nil, err
	}
	reply, ok := <-c.replies
	if !ok {
		return nil, errors.New("tor hung up")
	}
	if reply[0][0] != '2' {
		return nil, fmt.Errorf("tor says %s", reply[0])
	}
	return reply, nil
}

// event is closed at the first upload of the service's descriptor.
func (c *control) event(id string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uploaded[id] == nil {
		c.uploaded[id] = make(chan struct{})
	}
	return c.uploaded[id]
}

func (c *control) note(id string) {
	e := c.event(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-e:
	default:
		close(e)
	}
}

// add is a bare ADD_ONION. It returns the id of the service.
func (c *control) add(socket string) (string, error) {
	reply, err := c.ask("ADD_ONION NEW:ED25519-V3 Flags=Detach,DiscardPK Port=80,unix:" + socket)
	if err != nil {
		return "", err
	}
	id, ok := strings.CutPrefix(reply[0], "250-ServiceID=")
	if !ok {
		return "", fmt.Errorf("tor says %s", reply[0])
	}
	return id, nil
}

// publish adds an onion and waits for the first upload.
func (c *control) publish(ctx context.Context, socket string) (string, error) {
	id, err := c.add(socket)
	if err != nil {
		return "", err
	}
	select {
	case <-c.event(id):
		return id, nil
	case <-ctx.Done():
		return id, fmt.Errorf("not published: %w", ctx.Err())
	}
}

func (c *control) remove(id string) error {
	_, err := c.ask("DEL_ONION " + id)
	return err
}
