r"""Domain names: labels on the wire, dotted text elsewhere.

As text a name ends in a dot, a dot inside a label is `\.`, and bytes that do not print are `\DDD` in decimal
(RFC 4343 section 2.1). `text_of` gives lower case, because names compare without regard to case.
"""

from __future__ import annotations

import functools
import re

LONGEST_NAME, LONGEST_LABEL = 255, 63
_PLAIN = re.compile(rb"[!#-\-/-\[\]-~]*").fullmatch  # prints, and is none of: " . \
_PIECE = re.compile(r"\\(\d{3})|\\(.)|(\.)|([^\\.])", re.DOTALL)


class MalformedMessage(ValueError):
    """These bytes are no DNS message. `rcode` is what to answer them with."""

    def __init__(self, reason: str, rcode: int = 1) -> None:
        super().__init__(reason)
        self.rcode = rcode


class BadName(ValueError):
    """This text is no domain name."""


@functools.lru_cache(maxsize=16384)
def text_of(wire: bytes) -> str:
    """Dotted lower-case text of an uncompressed, well-formed name."""
    return _text(wire.lower())  # lengths are below 64, letters above: only letters change


@functools.lru_cache(maxsize=16384)
def wire_of(text: str) -> bytes:
    """Labels of a dotted name, its case kept; a last dot may be missing. Raises BadName."""
    if text in (".", ""):
        return b"\0"
    labels: list[bytes] = []
    label = bytearray()
    position = 0
    for match in _PIECE.finditer(text):
        if match.start() != position:
            break
        position = match.end()
        decimal, escaped, dot, plain = match.groups()
        if dot:
            labels.append(bytes(label))
            label.clear()
        elif decimal and int(decimal) < 256:
            label.append(int(decimal))
        elif not decimal:
            label += (escaped or plain).encode()
        else:
            raise BadName(f"\\{decimal} in {text!r} is no byte")
    if position != len(text):
        raise BadName(f"{text!r} ends in a backslash")
    if label:
        labels.append(bytes(label))
    if any(not 0 < len(part) <= LONGEST_LABEL for part in labels):
        raise BadName(f"a label of {text!r} is empty or longer than {LONGEST_LABEL} bytes")
    wire = b"".join(bytes((len(part),)) + part for part in labels) + b"\0"
    if len(wire) > LONGEST_NAME:
        raise BadName(f"{text[:40]!r}... is longer than {LONGEST_NAME} bytes")
    return wire


def end_of(data: bytes, start: int) -> int:
    """Where an uncompressed name that begins at start ends. Raises MalformedMessage."""
    end, size = start, len(data)
    while end < size:
        length = data[end]
        if length == 0:
            if end + 1 - start > LONGEST_NAME:
                raise MalformedMessage("a name is longer than 255 bytes")
            return end + 1
        if length > LONGEST_LABEL:
            raise MalformedMessage("a compressed or unknown kind of label where none may be")
        end += 1 + length
    raise MalformedMessage("a name runs past the end")


def read_name(data: bytes, start: int) -> tuple[bytes, int]:
    """(the name uncompressed, where it ends). Pointers must lead backwards, so no loop is possible.

    Raises MalformedMessage.
    """
    wire, end, at, limit, size = bytearray(), -1, start, start, len(data)
    while True:
        if at >= size:
            raise MalformedMessage("a name runs past the end")
        length = data[at]
        if length == 0:
            wire.append(0)
            return bytes(wire), end if end >= 0 else at + 1
        if length <= LONGEST_LABEL:
            wire += data[at : at + 1 + length]
            at += 1 + length
            if len(wire) >= LONGEST_NAME:
                raise MalformedMessage("a name is longer than 255 bytes")
            continue
        if length < 0xC0 or at + 1 >= size:
            raise MalformedMessage("an unknown kind of label, or half a pointer")
        end = at + 2 if end < 0 else end
        at = (length & 0x3F) << 8 | data[at + 1]
        if at >= limit:
            raise MalformedMessage("a compression pointer that does not lead backwards")
        limit = at


def _text(wire: bytes) -> str:
    labels, at = [], 0
    while wire[at]:
        label = wire[at + 1 : at + 1 + wire[at]]
        labels.append(label.decode() if _PLAIN(label) else "".join(map(_shown, label)))
        at += 1 + wire[at]
    return ".".join(labels) + "." if labels else "."


def text_with_case(wire: bytes) -> str:
    """Dotted text of an uncompressed, well-formed name, its case kept."""
    return _text(wire)


def _shown(byte: int) -> str:
    if byte in b'.\\"':
        return "\\" + chr(byte)
    return chr(byte) if 32 < byte < 127 else f"\\{byte:03d}"
