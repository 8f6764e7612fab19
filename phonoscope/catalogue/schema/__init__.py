"""Every table and column of a catalogue, and how rows are made."""
