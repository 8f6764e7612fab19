"""Commands for people who work on Phonoscope; nothing here is installed."""
