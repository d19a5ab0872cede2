package mastodon

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// CheckServer says what is wrong with the address of a server.
func CheckServer(server string) error {
	_, err := parseServer(server)
	return err
}

// parseServer checks the address of the server: https, or plain http for an
// onion address, whose connection tor encrypts and authenticates, and for this
// machine, where nobody is in between.
func parseServer(server string) (*url.URL, error) {
	if !strings.Contains(server, "://") {
		if host, _, _ := strings.Cut(server, "/"); isOnion(host) {
			server = "http://" + server
		} else {
			server = "https://" + server
		}
	}
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("mastodon: the server must be an address such as https://mastodon.example")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("mastodon: the server address must not hold a password, a query or a fragment")
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && (isOnion(u.Hostname()) || isLoopback(u.Hostname())):
	default:
		return nil, fmt.Errorf("mastodon: %s://%s would send the token unencrypted; use https, or http with an .onion address", u.Scheme, u.Host)
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func isOnion(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".onion")
}

func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
