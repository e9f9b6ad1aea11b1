"""Amazon DynamoDB: tables of items, secondary indexes, global tables.

values.py numbers.py comparing.py keys.py    attribute values: weight, order, where they rest
expressions/                                 conditions, updates, projections, key conditions
"""
