"""Defaults that more than one floor needs; :mod:`phonoscope.settings` has all the others.

Nothing is imported here, so that help texts and the detector can use them for free.
"""

FALSE_ALARMS = 0.001
"""Share of human music that may be called generated: one wrong accusation in a thousand songs."""
FALSE_MATCHES = 0.001
"""Share of excerpts of recordings that a catalogue doesn't hold that may be recognised all the
same."""
FILE_TIME_LIMIT_S = 600.0
"""Seconds that one file may take in a scan. Ten hours of stereo take about 100 s."""
BEFORE_YEAR = 2022
"""Recordings released before this year are human: the first public generators of songs with a
neural decoder came out in December 2022."""
