"""Everlore: one memory for every AI agent a person or a team uses.

Importing this package imports nothing else, so that hooks and the stdio front start at once.
"""

__version__ = "0.1.0"
