"""Commands for people who work on Phonoscope; they aren't installed."""
