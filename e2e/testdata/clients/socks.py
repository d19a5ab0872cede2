"""Opens an address through a SOCKS5 port with nothing but sockets: socks.py HOST:PORT ONION PORT."""

import socket
import sys


def exactly(conn, n):
    data = b""
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise SystemExit("the proxy hung up")
        data += more
    return data


def connect(proxy, onion, port):
    host, _, proxy_port = proxy.rpartition(":")
    conn = socket.create_connection((host, int(proxy_port)), timeout=120)
    conn.sendall(b"\x05\x01\x00")
    if exactly(conn, 2) != b"\x05\x00":
        raise SystemExit("the proxy wants a password")
    name = onion.encode()
    conn.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    _, status, _, kind = exactly(conn, 4)
    exactly(conn, {1: 6, 4: 18}[kind])
    if status != 0:
        raise SystemExit(f"the proxy answers {status}")
    return conn


proxy, onion, port = sys.argv[1:]
conn = connect(proxy, onion, int(port))
conn.sendall(f"GET / HTTP/1.1\r\nHost: {onion}\r\nConnection: close\r\n\r\n".encode())
while data := conn.recv(65536):
    sys.stdout.write(data.decode(errors="replace"))
