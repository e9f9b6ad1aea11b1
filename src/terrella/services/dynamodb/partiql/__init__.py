"""PartiQL: statements become the same reads and writes that the other operations do, run by the same functions.

tokens.py grammar.lark syntax.py  text to statement, and what is wrong with a text
nodes.py building.py judging.py   what statements are made of, and what may stand where
binding.py                        literals and parameters as values
where.py                          keys and ranges of keys that a WHERE clause names
reading.py writing.py             SELECT; INSERT, UPDATE, DELETE and EXISTS
statements.py together.py         ExecuteStatement; batches and transactions
"""

from . import statements, together  # noqa: F401  (importing registers)
