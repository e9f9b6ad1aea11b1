"""Terrella: a little Earth for global services."""

__version__ = "0.1.0"
