"""The fault rig: a proxy that breaks the wire to a real store, and a store in memory that breaks on command."""
