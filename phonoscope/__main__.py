"""``python -m phonoscope`` is the program ``phonoscope``."""

from __future__ import annotations

from phonoscope.cli.main import main

if __name__ == "__main__":
    main()
