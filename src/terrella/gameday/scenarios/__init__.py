"""One file per game day. Each exposes `scenario`."""
