r"""Regular expressions of the models, which are Java's, as Python understands them.

`\p{L}` and its kin become character classes; a pattern Python cannot read at all is not checked.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable

_LONGEST = 16_384  # beyond this a value is not matched: some patterns take time that grows with its square

_PROPERTY = re.compile(r"\\([pP])(?:\{(?:Is|script=)?(\w+)\}|(\w))")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"  # Java's spelling of everything beyond the first 65,536
_CLASSES = {
    "L": "a-zA-Zª-￿\U00010000-\U0010ffff",
    "M": "\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f",
    "N": r"\d²³¹¼-¾٠-٩۰-۹०-९⁰-₉①-⒛０-９",
    "Z": "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    "P": r"!-#%-*,-/:;?@\[-\]_{}¡§«¶·»¿‐-‧‰-⁞",
    "S": r"$+<->\^`|~¢-©¬®-±´¸×÷₠-⃀℀-⏿─-➿",
    "C": "\x00-\x1f\x7f-\x9f\u200b-\u200f\ue000-\uf8ff",
}
_NAMED = {
    "Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "Graph": "!-~", "Print": " -~", "Space": r"\s",
    "ASCII": "\x00-\x7f", "Upper": "A-Z", "Lower": "a-z", "Punct": r"!-/:-@\[-`{-~", "XDigit": "0-9a-fA-F",
    "Blank": " \t", "Cntrl": "\x00-\x1f\x7f", "Alphabetic": _CLASSES["L"], "Latin": "a-zA-ZªºÀ-ɏ",
}  # fmt: skip


@functools.cache
def whole_match(pattern: str) -> Callable[[str], bool] | None:
    """A test for strings that satisfy a pattern as a whole; None if the pattern cannot be understood."""
    found = _compiled(pattern) or _compiled(_translated(pattern))
    if found is None:
        return None
    match = found.search if _unanchored(pattern) else found.fullmatch
    return lambda value: len(value) > _LONGEST or match(value) is not None


def _unanchored(pattern: str) -> bool:
    """Newer models anchor what they mean to be whole; with one anchor only, the other end is free."""
    return pattern.startswith("^") != pattern.endswith("$")


def _compiled(pattern: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # [[ and && mean sets in Java only
        try:
            return re.compile(pattern)
        except re.error:
            return None


def _translated(pattern: str) -> str:
    """Java's notation in Python's: Unicode properties, possessive classes, \\h, \\z and friends."""
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010FFFF")
    out, inside, at = [], False, 0
    while at < len(pattern):
        found = _PROPERTY.match(pattern, at)
        step = found.end() - at if found else 2 if pattern[at] == "\\" else 1
        piece = pattern[at : at + step]
        if piece == "[" and not inside:
            inside = True
        elif piece == "]" and inside:
            inside = False
        out.append(_property(found, inside) if found else _ESCAPES.get((piece, inside), piece))
        at += step
        if inside and step > 1 and piece[1] in "pPswdSWD" and pattern[at : at + 2] not in ("-]", ""):
            if pattern[at] == "-":  # after a class no range can begin, so this is the character itself
                out.append("\\-")
                at += 1
    return "".join(out)


_ESCAPES = {
    ("\\z", False): "\\Z",
    ("\\h", True): " \t",
    ("\\h", False): "[ \t]",
    ("\\R", False): "(?:\r\n|[\n\r])",
}


def _property(found: re.Match[str], inside: bool) -> str:
    """A property as a class, or as members of the class it stands in."""
    members = _members(found[2] or found[3])
    if found[1] == "P":
        return f"\\x00-{chr(0x10FFFF)}" if inside else f"[^{members}]"  # within a class: let all pass
    return members if inside else f"[{members}]"


def _members(name: str) -> str:
    return _NAMED.get(name) or _CLASSES.get(name[0], _CLASSES["L"])
