"""What the documentation tells people to type, typed; and what it says they see, held to what is seen.

A block of a page (indented, or fenced without a language) holds commands, each with what it prints below it. A block
without a command is what the last command before it prints. ``…`` alone on a line stands for any lines, within a line
for any text. Numbers, times and ids may be others, columns may be left out, and a row is known by its first cell.

:data:`pages.stages.STAGES` says for each page where it is played, what stands in for its examples (a node, a password),
and which blocks are not run, with the reason. ``PYTHONPATH=tests python -m pages`` puts what is seen now into them.
"""
