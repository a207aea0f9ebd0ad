"""Numbers, addresses and sentences that may be about one private person; one module for each family of them.

Every module has functions that read a batch and yield claims. `claim.settle` decides which claims stand when two lie
on the same characters.
"""
