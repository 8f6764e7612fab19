"""Attacks planted into real listening histories; see ``bench/plant_plays.py``."""
