"""`python -m social_archive`: the same as `archive`."""

from social_archive.cli import main

if __name__ == "__main__":
    main()
