"""`python -m social_archive.cli`: the same as `archive`."""

from social_archive.cli import main

main()
