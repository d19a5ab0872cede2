package services

import (
	"strings"
	"testing"
)

// What programs say, as they say it, and what has to be in the advice.
func TestComplaintsBecomeWhatToSet(t *testing.T) {
	for said, want := range map[string]string{
		"mkdir: cannot create directory '/var/lib/wiki': Read-only file system":                 `"/var/lib/wiki" = "16MiB" under [tmpfs]`,
		"nginx: [emerg] mkdir() \"/var/lib/nginx/body\" failed (30: Read-only file system)":     `"/var/lib/nginx" = `,
		"Error: EROFS: read-only file system, open '/home/node/.config/x.json'":                 `"/home/node/.config" = `,
		"ngircd: can't open PID file /run/ngircd/ngircd.pid: Read-only file system.":            `"/run/ngircd" = `,
		"cannot write /etc/app/key.pem: Read-only file system":                                  "its settings name a place",
		"fatal: read-only file system":                                                          "under [tmpfs]",
		"write /data/x: No space left on device":                                                "enlarge",
		"curl: (6) Could not resolve host: updates.example.com":                                 "has none",
		"getaddrinfo EAI_AGAIN registry.example.org":                                            "has none",
		"dial tcp: lookup x: Temporary failure in name resolution":                              "has none",
		"nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)":                    "NET_BIND_SERVICE",
		"Error: listen EACCES: permission denied 0.0.0.0:443":                                   "NET_BIND_SERVICE",
		"chown: changing ownership of '/data': Operation not permitted":                         `"CHOWN"`,
		"error: failed switching to \"redis\": setgroups: operation not permitted":              `"SETUID"`,
		"setgid(33) failed (1: Operation not permitted)":                                        `"SETUID"`,
		"you need to be root to perform this command":                                           `"0:0"`,
		"Error: Warning: Unable to find getpwuid entry for uid":                                 "[account]",
		"bash: fork: retry: Resource temporarily unavailable":                                   "limits.pids",
		"FATAL ERROR: Reached heap limit - JavaScript heap out of memory":                       "limits.memory",
		`shim go: refused: "the app does not start: start /srv/run: permission denied"`:         "chmod +x",
		`shim go: refused: "the app does not start: start /srv/run: no such file or directory"`: "correct command",
		"Error: unable to open config file '/etc/mosquitto/mosquitto.conf': Permission denied":  "/etc/mosquitto/mosquitto.conf",
		"2026 Error: Cannot assign requested address":                                           "127.0.0.1",
	} {
		if got := AdviseWords(said); !strings.Contains(got, want) {
			t.Errorf("%s\n  got %q, want %q in it", said, got, want)
		}
	}
	for _, said := range []string{"", "panic: index out of range", "bad option --port"} {
		if got := AdviseWords(said); got != "" {
			t.Errorf("%q is said to be: %s", said, got)
		}
	}
	if got := Advise(Container{NoMemory: true, Said: "x"}, &Definition{Limits: Limits{MemoryBytes: 32 << 20}}); !strings.Contains(got, "32 MiB") {
		t.Error(got)
	}
}
