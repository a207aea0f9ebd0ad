"""The public-comment policy: what a machine may point at, and what people decided.

A check finds words, numbers and links that a clause of the policy may be about, and shows them. It never says that a
clause was violated, and nothing here hides, deletes, blocks or answers anything, or changes how long a record is kept,
whether it is found, or whether it is disclosed.
"""
