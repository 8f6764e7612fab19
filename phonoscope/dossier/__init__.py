"""The dossier of one recording: everything a catalogue knows about it, in one file."""
