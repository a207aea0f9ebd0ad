"""The embedded stack: what `make up` starts on one machine, and how it is stopped."""
