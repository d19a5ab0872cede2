package main

import (
	"golang.org/x/net/proxy"
)

// socksDialer connects through a SOCKS port of a tor; names are resolved there.
func socksDialer(addr string) (proxy.ContextDialer, error) {
	dialer, err := proxy.SOCKS5("tcp", addr, nil, proxy.Direct)
	if err != nil {
		return nil, err
	}
	return dialer.(proxy.ContextDialer), nil
}
