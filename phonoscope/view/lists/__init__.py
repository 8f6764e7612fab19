"""Lists of a catalogue: what rows and columns they have, and how a visitor selects among them."""
