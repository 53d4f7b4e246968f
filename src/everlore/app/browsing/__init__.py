"""Reads for whoever shows a store to a person: projects, sessions whole, the journal, titles, graphs to draw, how it is.

None of them reads the body of more than it shows, and each asks only for what its caller may see.
"""
