"""The expression language: parsed once per text, bound to names and values per request, run as closures.

syntax.py      text to a tree, and what is wrong with a text whatever it is bound to
binding.py     ExpressionAttributeNames and ExpressionAttributeValues
conditions.py  conditions and filters        keys.py        key conditions
updates.py     updates                       projections.py projections
"""
