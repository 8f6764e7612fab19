"""The command line: thin, one file a command, no logic of its own.

Data goes to stdout, progress and messages to stderr. Heavy imports happen inside the
commands, so that ``phonoscope --help`` answers at once.
"""
