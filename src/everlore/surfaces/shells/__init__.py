"""What shells get of us, all of it asked for: completions, and functions that give one-shot model commands memory.

complete   what may follow on a command line that is being typed; answers at once or with nothing
scripts    the files `*.bash`, `*.zsh` and `*.fish` beside this, and putting completions into a shell's start-up file
clis       how the commands of models are called with one prompt, and how they are not
"""
