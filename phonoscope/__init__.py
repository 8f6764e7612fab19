"""Phonoscope: the open microscope for music catalogues.

>>> import phonoscope as ps
>>> exam = ps.examine("song.mp3")                    # doctest: +SKIP
>>> catalogue = ps.open_catalogue("my-catalogue")    # doctest: +SKIP
"""
