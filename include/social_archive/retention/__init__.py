"""Keeping each record exactly as long as the law says, and destroying it provably.

    certificate_schema.py     what a certificate of destruction holds, as types
    certificate_evidence.py   what the ledger's entries say, and where a certificate says otherwise
    certificate_note.py       the signed note over a certificate; the check of everything, offline
"""
