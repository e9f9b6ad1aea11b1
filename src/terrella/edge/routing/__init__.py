"""Routing policies: one file each, one function each."""
