"""The exemptions of the agency's jurisdiction, for whoever answers a request.

The model is in `law_exemptions.py`: determinations, which know nothing of requests, check their codes by it too.
"""

from __future__ import annotations

from social_archive.law_exemptions import Exemption, Exemptions, load_exemptions

__all__ = ["Exemption", "Exemptions", "load_exemptions"]
