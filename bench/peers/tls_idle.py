#!/usr/bin/env python3
"""Holds N TLS connections in IDLE until its standard input ends. Prints how many it holds.

usage: tls_idle.py PORT USER_FORMAT PASSWORD N        (certificates are not verified: it measures memory)
"""
import socket, ssl, sys


def main():
    port, user_format, password, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    held = []

    def read_until(stream, start):
        while True:
            line = stream.recv(4096)
            if not line:
                raise ConnectionError("closed")
            if any(one.startswith(start) for one in line.split(b"\r\n")):
                return

    for number in range(count):
        stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
        read_until(stream, b"* OK")
        user = user_format.replace("%d", str(1 + number % 10))
        for command, start in ((f"a LOGIN {user} {password}", b"a OK"), ("b SELECT INBOX", b"b OK"), ("c IDLE", b"+")):
            stream.sendall(command.encode() + b"\r\n")
            read_until(stream, start)
        held.append(stream)
    print(len(held), flush=True)
    sys.stdin.read()


main()
