"""Social Records Archive: a public body's social-media accounts as provable public records."""

__version__ = "0.1.0"
