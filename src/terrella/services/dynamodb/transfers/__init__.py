"""Items to and from S3: exports, imports into new tables, and puts in bulk into those that are there.

snapshot.py        a table as it was, read while it is written
files.py ion.py    what an export writes; items in Amazon Ion
exporting.py       exports
sources.py         objects of a bucket as records, one after the other, and those as items
importing.py       imports
bulk.py            bulk operations
buckets.py arns.py S3 as it is used here; names of such work
working.py         the background, and what a restart takes up again
"""

from . import bulk, exporting, importing, working  # noqa: F401  (importing registers)
