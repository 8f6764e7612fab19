"""The pages of a catalogue and its API."""
