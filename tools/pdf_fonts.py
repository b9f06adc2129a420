"""Make the PDF's fonts out of the site's, once, by a developer; the results are committed.

    uv run --no-project --with fonttools --with brotli python tools/pdf_fonts.py

Typst reads neither woff2 nor variable fonts, so two weights are cut out of the vendored file. The
licence (SIL OFL 1.1, no reserved name) goes beside them.
"""

from pathlib import Path
from shutil import copyfile

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

WEB = Path(__file__).parents[1] / "src/quickserve/web"
SOURCE = WEB / "static/vendor/bricolage-grotesque-5.3.0"
TARGET = WEB / "templates/pdf/fonts"
FAMILY = "Bricolage Grotesque"
WEIGHTS = {400: "Regular", 700: "Bold"}
_FAMILY_NAMES = (1, 16)
_STYLE_NAMES = (2, 17)


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for weight, style in WEIGHTS.items():
        font = instantiateVariableFont(TTFont(SOURCE / "latin-wght.woff2"), {"wght": weight})
        font.flavor = None
        font["OS/2"].usWeightClass = weight
        for record in font["name"].names:
            if record.nameID in _FAMILY_NAMES:
                record.string = FAMILY
            elif record.nameID in _STYLE_NAMES:
                record.string = style
        font.save(TARGET / f"BricolageGrotesque-{style}.ttf")
    copyfile(SOURCE / "LICENSE", TARGET / "LICENSE")


if __name__ == "__main__":
    main()
