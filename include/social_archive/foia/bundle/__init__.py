"""The bundle that answers a request: a BagIt bag in a zip file that proves itself.

`model.py` says what every part of it is made from; each other module writes one part.
"""
