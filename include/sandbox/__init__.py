"""Local stand-ins for the platforms, serving one invented library's believable year.

`python -m sandbox.serve --state DIR` starts them all on 127.0.0.1; `sandbox.control.Control` changes their world;
`sandbox.folder` gives the agency folder that points at them; `python -m sandbox.bulk` serves volume instead of life.
"""
