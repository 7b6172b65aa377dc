"""A double of the part of ArangoDB's HTTP interface that Nodius uses, for where there is no server.

`python -m tests.arango_double` starts it; it is spoken to by HTTP alone, as the server is. What it
does not know it refuses with 501, and never guesses.
"""
