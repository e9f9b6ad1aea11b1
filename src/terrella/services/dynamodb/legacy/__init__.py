"""The parameters that came before expressions, and still work (developer guide, "Legacy conditional parameters").

comparing.py   ComparisonOperator and AttributeValueList: QueryFilter, ScanFilter, KeyConditions, and
expected.py    Expected, which also knows Value and Exists
updating.py    AttributeUpdates

Each becomes what the expression in its place would become, so nothing past parameters.py knows the difference.
"""
