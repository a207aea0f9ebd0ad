"""The vendors' own machine-readable contracts, out of their packages, as judges of stand-ins and adapters.

A stand-in whose answer has an unknown or mistyped field, or an adapter that sends a parameter which the contract does
not know, would make the whole sandbox a story that we tell ourselves.
"""
