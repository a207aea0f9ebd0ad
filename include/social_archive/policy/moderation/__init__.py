"""What disappeared from the pages, seen in the harvests alone, and whether anybody had decided it."""
