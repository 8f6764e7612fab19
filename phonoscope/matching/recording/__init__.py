"""The same recording, plain or altered."""
