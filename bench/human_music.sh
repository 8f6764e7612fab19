#!/bin/sh
# Fetch human music from Debian packages into FOLDER, one folder a package, no root needed: what
# the fingerprints are trained and measured on. Needs about 4 GB for a while.
set -eu
mkdir -p "${1:?a folder}" && cd "$1"
for package in \
    a7xpg-data amoebax-data ardentryst berusky2-data blobwars-data boswars-data \
    cavepacker-data \
    endless-sky-data fb-music-high freecol \
    freedink-data frozen-bubble-data funnyboat \
    glob2-data gunroar-data holotz-castle-data lugaru-data \
    marsshooter-data minetest-data mu-cade-data naev-data neverball-data \
    noiz2sa-data openclonk-data parsec47-data pathological performous \
    pokerth-data powermanga-data pushover-data raincat-data redeclipse-data rrootage-data \
    scorched3d-data searchandrescue-data solarwolf sonic-pi-samples \
    stormbaancoureur-data supertuxkart-data torcs-data torus-trooper-data \
    tuxfootball tuxtype-data \
    widelands-data xmoto-data zaz-data; do
    apt-get download -qq "$package" || { echo "no $package" >&2; continue; }
    dpkg -x "$package"_*.deb unpacked && rm -f "$package"_*.deb && mkdir -p "$package"
    find unpacked -type f -size +300k \( -iname '*.ogg' -o -iname '*.oga' -o -iname '*.mp3' \
        -o -iname '*.flac' -o -iname '*.opus' -o -iname '*.wav' \) -printf '%s %p\n' |
        sort -rn | head -40 | cut -d' ' -f2- | while read -r file; do cp "$file" "$package/"; done
    rm -rf unpacked
done
