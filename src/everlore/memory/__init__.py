"""The life of one memory: admitted, revised, superseded, archived, restored, undone; never overwritten, never deleted."""
