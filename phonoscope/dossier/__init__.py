"""The dossier of one recording: all that a catalogue holds of it, as one file to hand over."""
