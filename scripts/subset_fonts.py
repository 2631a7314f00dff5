"""Cuts the files of crates/web/assets/fonts out of the package @fontsource-variable/inter. scripts/fonts runs it.

Which letters a file has is written once, in the unicode-range of crates/web/assets/css/fonts.css. A file keeps the
weights 400 to 700, which are those that the style sheet uses, kerning and marks; it loses hinting and alternates.

    subset_fonts.py PACKAGE STYLESHEET TARGET
"""

import io
import re
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WEIGHTS = (400, 700)
FEATURES = ["ccmp", "kern", "locl", "mark", "mkmk"]
FACE = re.compile(r"url\(\{(?P<name>[a-z0-9-]+\.woff2)\}\).*?unicode-range: (?P<ranges>[^;]+);")


def code_points(ranges: str) -> set[int]:
    """The code points of a CSS unicode-range."""
    points: set[int] = set()
    for part in ranges.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def subset(source: Path, wanted: set[int]) -> bytes:
    """A source's glyphs for these code points as WOFF2."""
    options = Options()
    options.layout_features = FEATURES
    options.notdef_outline = True
    options.hinting = False
    options.glyph_names = False
    # The notices of copyright and licence stay (OFL, condition 2).
    options.name_IDs = [0, 1, 2, 5, 13, 14]
    font = TTFont(source)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    # The instancer needs a font that is consistent after the subsetting.
    file = io.BytesIO()
    font.flavor = None
    font.save(file)
    file.seek(0)
    font = TTFont(file, recalcTimestamp=False)
    font = instancer.instantiateVariableFont(font, {"wght": WEIGHTS})
    font.flavor = "woff2"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def main() -> None:
    """Writes one file for each @font-face of the style sheet."""
    package, stylesheet, target = (Path(path) for path in sys.argv[1:])
    sources = sorted((package / "files").glob("inter-*-wght-normal.woff2"))
    known = {source: set(TTFont(source).getBestCmap()) for source in sources}
    faces = list(FACE.finditer(stylesheet.read_text()))
    if not faces:
        sys.exit(f"no @font-face in {stylesheet}")
    for face in faces:
        wanted = code_points(face["ranges"])
        source = max(sources, key=lambda source: len(known[source] & wanted))
        missing = sorted(wanted - known[source])
        # A browser would fetch the file for a letter that it does not have.
        if missing:
            print(f"{face['name']} has no " + " ".join(f"U+{point:04X}" for point in missing))
        content = subset(source, wanted & known[source])
        (target / face["name"]).write_bytes(content)
        print(f"{face['name']}: {len(wanted - set(missing))} characters, {len(content)} bytes, from {source.name}")


main()
