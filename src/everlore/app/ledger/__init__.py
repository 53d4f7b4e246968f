"""The ledger: what was told to whom, what that cost, what it stood for, and whether it was of use.

queue      rows that reads leave to be written, and their writing in batches
histories  how many tokens the sessions have that something was told from
listings   what lists of tools cost, as the MCP front notes them
used       whether an answer used what was told
sums       what it all cost and saved
"""
