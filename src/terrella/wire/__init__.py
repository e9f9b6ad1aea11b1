"""Bytes to values and back: every AWS protocol, signatures, DNS messages. Never a socket. Floor 1."""
