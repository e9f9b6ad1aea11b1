"""Items to and from S3: exports, and imports into new tables.

snapshot.py        a table as it was, read while it is written
files.py ion.py    what an export writes; items in Amazon Ion
exporting.py       exports
sources.py         objects of a bucket as records, one after the other, and those as items
importing.py       imports
buckets.py arns.py S3 as it is used here; names of such work
logs.py            what an import could not take
working.py         the background, and what a restart takes up again
"""

from . import exporting, importing, working  # noqa: F401  (importing registers)
