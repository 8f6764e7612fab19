"""Recordings against each other: the same recording, plain or altered."""
