"""Items in Amazon Ion, as text: what exports write and imports read.

Numbers are decimals, binaries blobs, sets annotated lists; other types of Ion have no place in an item.
https://amazon-ion.github.io/ion-docs/docs/spec.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

import orjson

from ....core.errors import ValidationException
from ..numbers import MOST_DIGITS
from ..values import Item, Value, kind_of

VERSION = "$ion_1_0"
SETS = {"SS": "S", "NS": "N", "BS": "B"}
DEEPEST = 40

_EXACT = Context(prec=MOST_DIGITS)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*").fullmatch
_RESERVED = re.compile(r"null|true|false|nan|\$[0-9]+|\$ion_[0-9]+_[0-9]+").fullmatch
_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<blob>\{\{\s*[A-Za-z0-9+/=\s]*\}\})
    | (?P<long>'''(?:[^'\\]|\\.|'(?!''))*''')
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<quoted>'(?:[^'\\]|\\.)*')
    | (?P<number>-?(?:0|[1-9](?:_?[0-9])*)(?:\.(?:[0-9](?:_?[0-9])*)?)?(?:[dDeE][+-]?[0-9]+)?(?![A-Za-z0-9_.:-]))
    | (?P<null>null(?:\.[a-z]+)?(?![A-Za-z0-9_$]))
    | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<mark>::|[{}\[\]:,])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r\n|.)", re.DOTALL)
_ESCAPED = {
    "a": "\a", "0": "\0", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\n": "", "\r\n": "",
    "\r": "", **{each: each for each in "\"'?\\/"},
}  # fmt: skip


def written(item: Item) -> str:
    """The attributes of an item as a struct."""
    return "{" + ",".join(f"{_field(name)}:{_written(value)}" for name, value in item.items()) + "}"


def read(text: str) -> dict[str, Value]:
    """The one struct this text holds, its fields as attribute values. ValidationException if it is none."""
    reader = _Reader(text)
    if reader.peek() == VERSION:
        reader.take()
    value = reader.value(0)
    if reader.peek() or "M" not in value:
        raise _malformed("one struct is expected")
    return value["M"]


def _written(value: Value) -> str:
    kind = kind_of(value)
    content = value[kind]
    if kind == "S":
        return orjson.dumps(content).decode()  # whatever JSON escapes Ion escapes alike
    if kind == "N":
        return _decimal(content)
    if kind == "B":
        return f"{{{{{content}}}}}"
    if kind == "NULL":
        return "null"
    if kind == "BOOL":
        return "true" if content else "false"
    if kind == "M":
        return written(content)
    if kind == "L":
        return f"[{','.join(map(_written, content))}]"
    return f"$dynamodb_{kind}::[{','.join(_written({SETS[kind]: each}) for each in content)}]"


def _decimal(number: str) -> str:
    sign, digits, exponent = Decimal(number).normalize(_EXACT).as_tuple()
    assert isinstance(exponent, int)
    text, minus = "".join(map(str, digits)), "-" if sign else ""
    if exponent >= 0:
        return f"{minus}{text}d{exponent}" if exponent else f"{minus}{text}."
    return f"{minus}{text}d{exponent}" if -exponent > 20 else f"{Decimal(number):f}"


def _field(name: str) -> str:
    if _NAME(name) and not _RESERVED(name):
        return name
    quoted = orjson.dumps(name).decode()[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{quoted}'"


class _Reader:
    """One token after the other. What stands at `_at` has not been taken yet; `_seen` is the token there, once it was
    looked at."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._seen: re.Match[str] | None = None

    def peek(self) -> str:
        """The next token, "" at the end."""
        found = self._match()
        return found.group() if found else ""

    def take(self) -> tuple[str, str]:
        """The kind and the text of the next token, which is gone then."""
        found = self._match()
        if found is None:
            raise _malformed("it ends too early")
        self._at, self._seen = found.end(), None
        return found.lastgroup or "", found.group()

    def value(self, depth: int) -> Value:
        """The next value."""
        if depth > DEEPEST:
            raise _malformed("it is nested too deeply")
        notes = []
        kind, text = self.take()
        while kind in ("name", "quoted") and self.peek() == "::":
            notes.append(_text(kind, text))
            self.take()
            kind, text = self.take()
        if text == "{":
            return {"M": self._struct(depth)}
        if text == "[":
            return self._list(notes, depth)
        return _scalar(kind, text, self)

    def _struct(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self._ends("}"):
            kind, text = self.take()
            if kind not in ("name", "quoted", "text", "long") or self.take()[1] != ":":
                raise _malformed(f"a field is expected, not {text[:40]}")
            found[_text(kind, text)] = self.value(depth + 1)
            self._separate("}")
        return found

    def _list(self, notes: list[str], depth: int) -> Value:
        members: list[Value] = []
        while not self._ends("]"):
            members.append(self.value(depth + 1))
            self._separate("]")
        for kind, member in SETS.items():
            if f"$dynamodb_{kind}" in notes:
                if any(member not in each for each in members):
                    raise _malformed(f"a set of {member} has a member of another type")
                return {kind: [each[member] for each in members]}
        return {"L": members}

    def _ends(self, closing: str) -> bool:
        if self.peek() != closing:
            return False
        self.take()
        return True

    def _separate(self, closing: str) -> None:
        if self.peek() == ",":
            self.take()
        elif self.peek() != closing:
            raise _malformed(f"a comma is expected, not {self.peek()[:40]}")

    def _match(self) -> re.Match[str] | None:
        if self._seen is None:
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                blank = _BLANK.match(self._text, self._at)
                self._at = blank.end() if blank else self._at
                if self._at == len(self._text):
                    return None
                found = _TOKEN.match(self._text, self._at)
            if found is None:
                raise _malformed(f"{self._text[self._at : self._at + 40]!r} has no place in an item")
            self._seen = found
        return self._seen


def _scalar(kind: str, text: str, reader: _Reader) -> Value:
    if kind == "number":
        return {"N": text.replace("_", "").replace("d", "E").replace("D", "E")}
    if kind in ("text", "long"):
        while kind == "long" and reader.peek().startswith("'''"):  # written one after the other they are one
            text = text[:-3] + reader.take()[1][3:]
        return {"S": _text(kind, text)}
    if kind == "blob":
        return {"B": "".join(text[2:-2].split())}
    if kind == "null":
        return {"NULL": True}
    if text in ("true", "false"):
        return {"BOOL": text == "true"}
    raise _malformed(f"{text[:40]} has no place in an item")


def _text(kind: str, token: str) -> str:
    if kind == "name":
        return token
    edge = 3 if kind == "long" else 1
    return _ESCAPE.sub(_unescaped, token[edge:-edge])


def _unescaped(found: re.Match[str]) -> str:
    what = found.group(1)
    if what[0] in "xuU" and len(what) > 1:
        code = int(what[1:], 16)
        if code > 0x10FFFF:
            raise _malformed("an escape names no letter")
        return chr(code)
    if what not in _ESCAPED:
        raise _malformed(f"\\{what} is no escape")
    return _ESCAPED[what]


def _malformed(why: str) -> ValidationException:
    return ValidationException(f"The Ion text cannot be read: {why}")
