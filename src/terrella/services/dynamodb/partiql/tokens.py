"""The words of a PartiQL statement: keywords in any case, names, quoted names, literals, comments left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer

_KEYWORDS = """
    SELECT INSERT INTO VALUE UPDATE SET REMOVE DELETE FROM WHERE ORDER BY ASC DESC AS EXISTS RETURNING ALL AND OR
    NOT IN BETWEEN IS NULL MISSING TRUE FALSE LIKE
"""
_RESERVED = """
    ABSOLUTE ACTION ADD ALLOCATE ALTER ANY ARE ASSERTION AT AUTHORIZATION AVG BEGIN BIT BIT_LENGTH CASCADE CASCADED
    CASE CAST CATALOG CHAR CHARACTER CHARACTER_LENGTH CHAR_LENGTH CHECK CLOSE COALESCE COLLATE COLLATION COLUMN
    COMMIT CONNECT CONNECTION CONSTRAINT CONSTRAINTS CONTINUE CONVERT CORRESPONDING COUNT CREATE CROSS CURRENT
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATE DEALLOCATE DEC DECIMAL DECLARE DEFAULT
    DEFERRABLE DEFERRED DESCRIBE DESCRIPTOR DIAGNOSTICS DISCONNECT DISTINCT DOMAIN DOUBLE DROP ELSE END ESCAPE
    EXCEPT EXCEPTION EXEC EXECUTE EXTERNAL EXTRACT FETCH FIRST FLOAT FOR FOREIGN FOUND FULL GET GLOBAL GO GOTO GRANT
    GROUP HAVING IDENTITY IMMEDIATE INDICATOR INITIALLY INNER INPUT INSENSITIVE INT INTEGER INTERSECT INTERVAL
    ISOLATION JOIN KEY LANGUAGE LAST LEFT LEVEL LOCAL LOWER MATCH MAX MIN MODULE NAMES NATIONAL NATURAL NCHAR NEXT
    NO NULLIF NUMERIC OCTET_LENGTH OF ON ONLY OPEN OPTION OUTER OUTPUT OVERLAPS PAD PARTIAL PIVOT POSITION PRECISION
    PREPARE PRESERVE PRIMARY PRIOR PRIVILEGES PROCEDURE PUBLIC READ REAL REFERENCES RELATIVE RESTRICT REVOKE RIGHT
    ROLLBACK ROWS SCHEMA SCROLL SECTION SESSION SESSION_USER SIZE SMALLINT SOME SPACE SQL SQLCODE SQLERROR SQLSTATE
    SUBSTRING SUM SYSTEM_USER TABLE TEMPORARY THEN TIME TIMESTAMP TO TRANSACTION TRANSLATE TRANSLATION TRIM UNION
    UNIQUE UNKNOWN UNPIVOT UPPER USAGE USER USING VALUES VARCHAR VARYING VIEW WHEN WHENEVER WITH WORK WRITE ZONE
"""
KEYWORDS = frozenset(_KEYWORDS.split())
RESERVED = frozenset(_RESERVED.split())
"""Words of SQL-92 that PartiQL keeps for itself: as names they need double quotes."""

_PUNCTUATION = {
    "=": "EQUAL", "+": "PLUS", "-": "MINUS", "*": "STAR", "?": "QUESTION", ",": "COMMA", ".": "DOT", ":": "COLON",
    ";": "SEMICOLON", "(": "LEFT_PAREN", ")": "RIGHT_PAREN", "[": "LEFT_BRACKET", "]": "RIGHT_BRACKET",
    "{": "LEFT_BRACE", "}": "RIGHT_BRACE", "<<": "LEFT_BAG", ">>": "RIGHT_BAG",
}  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<SPACE>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<STRING>'(?:[^']|'')*')
    |(?P<QUOTED>"(?:[^"]|"")*")
    |(?P<NUMBER>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z_0-9$]))
    |(?P<NAME>[A-Za-z_$][A-Za-z0-9_$]*)
    |(?P<COMPARATOR><>|!=|<=|>=|<(?!<)|>(?!>))
    |(?P<PUNCTUATION><<|>>|[-=+*?,.:;()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)


class Unreadable(Exception):
    """Something in a statement is no word at all."""


class Words(Lexer):
    """The lexer of the grammar."""

    def __init__(self, _conf: Any) -> None:
        """There is nothing to configure."""

    def lex(self, data: Any, _state: Any = None) -> Iterator[Token]:
        return iter(tokens(data if isinstance(data, str) else data.text))


def tokens(text: str) -> list[Token]:
    """The words of a statement with their places. Raises Unreadable."""
    found = []
    position, line, line_start = 0, 1, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise Unreadable
        kind, value = match.lastgroup or "", match[0]
        if kind != "SPACE":
            found.append(Token(_kind(kind, value), value, position, line, position - line_start + 1))
        breaks = value.count("\n")
        if breaks:
            line, line_start = line + breaks, position + value.rindex("\n") + 1
        position = match.end()
    return found


def _kind(kind: str, value: str) -> str:
    if kind == "PUNCTUATION":
        return _PUNCTUATION[value]
    if kind == "NAME":
        word = value.upper()
        return word if word in KEYWORDS else "RESERVED" if word in RESERVED else "NAME"
    return kind
