#!/bin/sh
# Make a virtual environment at $1 unless a working one is there, and say what to install
# when that cannot be done. $2 names the Python to use; empty takes the first that fits.
set -eu

venv=$1
wanted=${2:-}

"$venv/bin/python" -m pip --version >/dev/null 2>&1 && exit 0

fits='import sys; sys.exit(sys.version_info < (3, 11))'
python=
for candidate in ${wanted:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$fits" 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Phonoscope needs Python 3.11 or newer${wanted:+, which '$wanted' is not}." >&2
    echo "On Debian or Ubuntu: apt-get install python3 python3-venv" >&2
    echo "If you have one under another name: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi

if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python cannot make virtual environments: its venv module is not installed." >&2
    echo "On Debian or Ubuntu, as root: apt-get install python$version-venv" >&2
    exit 1
fi

echo "Making a virtual environment in $venv with $("$python" --version) ..." >&2
rm -rf "$venv"
"$python" -m venv "$venv"
