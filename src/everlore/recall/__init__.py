"""Recall: a question is read, candidates are ranked, and a slice of them answers."""
