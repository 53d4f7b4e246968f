"""Memories as Markdown files in git: one file a memory, written from the store and read back from people's edits."""
