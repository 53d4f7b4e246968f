"""The command line `lore`: one command per operation, made from the registry, and the few that run the program itself.

Data goes to standard output, everything else to standard error. Where a server of this home runs, it does the work, so
that a command starts and ends in a tenth of a second; otherwise the command opens the store itself. Modules here import
what is slow (the registry, the store, rich) only where they run it: `commands.json` holds what the parser must know.
"""
