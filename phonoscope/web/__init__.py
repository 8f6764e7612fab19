"""The pages of a catalogue and its API, served to a browser."""
