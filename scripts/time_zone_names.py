"""Prints the table of time zones with their names; scripts/time-zones runs it.

The zones are those of the tz database's zone.tab, which are the ones that people choose from. City and country names are
those of CLDR.
"""

import importlib.resources

from babel import Locale

LOCALES = [Locale("en"), Locale("ru")]


def main() -> None:
    """Writes one line for each zone: its id, former ids, then city and country in each language."""
    data = importlib.resources.files("tzdata").joinpath("zoneinfo")
    table = [line.split("\t") for line in data.joinpath("zone.tab").read_text().splitlines() if line[0] != "#"]
    zones = {row[2] for row in table}
    # Browsers still report some zones by an id that the tz database has replaced.
    former: dict[str, list[str]] = {}
    for line in data.joinpath("tzdata.zi").read_text().splitlines():
        if line.startswith("L "):
            _, target, name = line.split()
            if target in zones and name not in zones and "/" in name:
                former.setdefault(target, []).append(name)
    rows = []
    for country, _, zone, *_ in table:
        row = [zone, " ".join(sorted(former.get(zone, [])))]
        for locale in LOCALES:
            default = zone.rsplit("/", 1)[1].replace("_", " ")
            city = locale.time_zones.get(zone, {}).get("city", default)
            row += [city, locale.territories[country]]
        rows.append(row)
    print("# Time zone, former ids, city and country in English, city and country in Russian.")
    print("# Made by scripts/time-zones from the tz database and CLDR.")
    for row in sorted(rows):
        print("\t".join(row))


main()
