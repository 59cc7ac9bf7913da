"""Who is paid for what, told a second time: plainly, from the network's rules, without the program and its statements.

What the base tables said at the end of every block is read into lists (``written.py``). A challenge looks at the end of
each block at what stands, and compares it with what stood before (``judging.py``); one short file a family says what
follows. Nothing here is quick, and nothing is remembered but rows.
"""
