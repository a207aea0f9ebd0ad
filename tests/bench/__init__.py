"""Ratios against a named peer in the same run: `make bench` (rows in .archive/bench.json). Not timed tests."""
