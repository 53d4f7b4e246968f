"""What an agent is told without asking. What is told is history: fenced, dated, cited, quoted, and nothing twice in a session.

block   what is told at one moment, and the lines that cite
start   at a session's start: handoff, standards, rules, what else there is
prompt  at a prompt: what is worth saying about it, which is often nothing
read    when a file is read: what is known about it
echoes  turns for which a memory stands
"""
