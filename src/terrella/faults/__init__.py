"""Harm: one file per kind of fault. Floor 2."""
