package e2e

import (
	"bufio"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the database is looked at behind the bot's back
)

// row is what the database says about one instance.
type row struct {
	id, name, address, desired, state, reason, secrets string
	created, expires, ended                            time.Time
	repairs                                            int // since the last one held
}

func (r row) gone() bool { return r.state == "gone" }

// snapshot is the database at one moment.
type snapshot struct {
	rows  map[string]row // by id
	twice []string       // things that were said more than once
	alarm []string       // trouble that was told
	inbox []string       // messages that were kept and not handled yet
}

// look reads the database: the file itself while the daemon lives, a copy
// of what a crash has left otherwise, so that the next daemon finds it as it was.
func (b *bot) look() *snapshot {
	b.t.Helper()
	path := filepath.Join(b.dir, "state", "onionbot.db")
	dsn := "file:" + path + "?mode=ro&_pragma=busy_timeout(5000)"
	if !b.alive() {
		dir, err := os.MkdirTemp("", "obdb")
		if err != nil {
			b.t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(path + suffix)
			if err != nil && !os.IsNotExist(err) {
				b.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "copy"+suffix), data, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
		dsn = "file:" + filepath.Join(dir, "copy")
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.t.Fatal(err)
	}
	defer db.Close()
	s, err := read(db)
	if err != nil {
		b.t.Fatalf("read the database: %v", err)
	}
	return s
}

func read(db *sql.DB) (*snapshot, error) {
	s := &snapshot{rows: make(map[string]row)}
	rows, err := db.Query(`SELECT id, name, address, desired, state, reason, onion_key || host_key,
			created_at, expires_at, ended_at, repairs FROM instances
		UNION ALL SELECT id, '', '', 'gone', 'gone', reason, '', created_at, expires_at, ended_at, 0 FROM ended`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var created, expires, ended int64
		if err := rows.Scan(&r.id, &r.name, &r.address, &r.desired, &r.state, &r.reason, &r.secrets, &created, &expires, &ended, &r.repairs); err != nil {
			return nil, err
		}
		r.created, r.expires, r.ended = time.UnixMilli(created), time.UnixMilli(expires), time.UnixMilli(ended)
		s.rows[r.id] = r
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	// The end, the way up and each accepted command are told once.
	s.twice, err = list(db, `SELECT instance || ' ' || kind || ' ' || count(*)
		FROM (SELECT instance, kind, 'pending' AS state FROM notices UNION ALL SELECT instance, kind, state FROM finished)
		WHERE instance <> '' AND state <> 'skipped' AND kind IN ('gone', 'unreachable', 'lost', 'reachable')
		GROUP BY instance, CASE kind WHEN 'reachable' THEN kind ELSE 'end' END HAVING count(*) > 1`)
	if err != nil {
		return nil, err
	}
	const alarms = ` WHERE kind IN ('down', 'unreachable', 'lost')`
	s.alarm, err = list(db, `SELECT instance || ' ' || kind || ' ' || args FROM notices`+alarms+`
		UNION ALL SELECT instance || ' ' || kind FROM finished`+alarms+` AND state <> 'skipped'`)
	if err != nil {
		return nil, err
	}
	s.inbox, err = list(db, `SELECT network || ' ' || id FROM incoming`)
	return s, err
}

func list(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	return out, rows.Err()
}

// alive reports whether the daemon runs.
func (b *bot) alive() bool {
	if b.cmd == nil {
		return false
	}
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// onions asks the bot's tors, without the bot, which onions they serve.
func (b *bot) onions() ([]string, error) {
	controls, err := filepath.Glob(filepath.Join(b.dir, "run", "t", "*", "control"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, control := range controls {
		name := filepath.Base(filepath.Dir(control))
		cookie, err := os.ReadFile(filepath.Join(b.dir, "state", "tor", name, "data", "control_auth_cookie"))
		if err != nil {
			return nil, err
		}
		found, err := detached(control, cookie)
		if err != nil {
			return nil, fmt.Errorf("ask tor %s: %w", name, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// detached is GETINFO onions/detached.
func detached(control string, cookie []byte) ([]string, error) {
	conn, err := net.DialTimeout("unix", control, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(conn, "AUTHENTICATE %s\r\nGETINFO onions/detached\r\nQUIT\r\n", hex.EncodeToString(cookie)); err != nil {
		return nil, err
	}
	var out []string
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		line := strings.TrimPrefix(strings.TrimSpace(lines.Text()), "250-onions/detached=")
		switch {
		case len(line) == 56 && onionAddress.MatchString(line+".onion"):
			out = append(out, line+".onion")
		case strings.HasPrefix(line, "5"):
			return nil, fmt.Errorf("tor says %s", line)
		}
	}
	return out, lines.Err()
}

// amiss looks at what runs outside and at what the database says,
// and reports what does not belong together. It is for moments of rest.
func (b *bot) amiss(s *snapshot) []string {
	b.t.Helper()
	var wrong []string
	alive, addresses := make(map[string]row), make(map[string]string)
	for _, r := range s.rows {
		if r.gone() {
			if r.address != "" || r.secrets != "" || r.name != "" {
				wrong = append(wrong, "an ended row still knows its address, key or name: "+r.id)
			}
			continue
		}
		alive[r.id], addresses[r.address] = r, r.id
	}
	wrong = append(wrong, b.amissOutside(alive, addresses)...)
	for _, line := range s.twice {
		wrong = append(wrong, "said more than once: "+line)
	}
	for _, line := range s.inbox {
		wrong = append(wrong, "a message that nobody handles: "+line)
	}
	for _, line := range s.alarm {
		wrong = append(wrong, "an alarm although nothing was broken: "+line)
	}
	return wrong
}

// amissOutside compares containers, directories, deadlines and onions with the rows.
func (b *bot) amissOutside(alive map[string]row, addresses map[string]string) []string {
	b.t.Helper()
	var wrong []string
	seen := make(map[string]int)
	for _, name := range b.containers() {
		id := strings.TrimPrefix(name, "onionbot-")
		if seen[id]++; seen[id] > 1 || alive[id].desired != "running" {
			wrong = append(wrong, fmt.Sprintf("container %s, row %+v", name, alive[id].state))
		}
	}
	entries, err := os.ReadDir(filepath.Join(b.dir, "run", "i"))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := alive[e.Name()]; !ok {
			wrong = append(wrong, "a directory that no row knows: "+e.Name())
		}
	}
	for id, r := range alive {
		if r.desired == "running" && seen[id] == 0 {
			wrong = append(wrong, "no container for "+r.name)
		}
		if r.desired == "running" {
			data, err := os.ReadFile(filepath.Join(b.dir, "run", "i", id, "control", "deadline"))
			if err != nil || strings.TrimSpace(string(data)) != fmt.Sprint(r.expires.UnixMilli()) {
				wrong = append(wrong, fmt.Sprintf("%s is to end at %d, its shim knows %q (%v)", r.name, r.expires.UnixMilli(), data, err))
			}
		}
	}
	onions := make(map[string]int)
	served, err := b.onions()
	if err != nil {
		return append(wrong, err.Error())
	}
	for _, onion := range served {
		if onions[onion]++; onions[onion] > 1 {
			wrong = append(wrong, "an onion on two tors: of "+addresses[onion])
		}
		if addresses[onion] == "" {
			wrong = append(wrong, "an onion that no row knows")
		}
	}
	for address, id := range addresses {
		if onions[address] == 0 && alive[id].desired == "running" {
			wrong = append(wrong, "no onion for "+alive[id].name)
		}
	}
	return wrong
}

// atRest waits until nothing is amiss.
func (b *bot) atRest(limit time.Duration) {
	b.t.Helper()
	var wrong []string
	for deadline := time.Now().Add(limit); ; time.Sleep(200 * time.Millisecond) {
		if wrong = b.amiss(b.look()); len(wrong) == 0 {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	b.t.Errorf("after %v:\n%s", limit, strings.Join(wrong, "\n"))
}

// output runs a program and returns what it prints.
func (b *bot) output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	return strings.TrimSpace(string(out)), err
}
