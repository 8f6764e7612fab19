"""One file per finding: what is asked of a catalogue, and what it answers."""
