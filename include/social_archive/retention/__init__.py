"""Keeping each record exactly as long as the law says: schedules, holds, consolidation, disposal.

Everything here is derived from the ledger and writes to it: who decided what, when and why. A record's row is never
changed; it is moved into another object (`rewrite`) or destroyed (`execution`), and both leave their entry.
"""
