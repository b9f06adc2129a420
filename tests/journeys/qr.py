"""QR codes as a camera sees them: read from a picture, and filmed."""

from base64 import b64encode
from pathlib import Path

import segno
from playwright.async_api import Browser

VENDOR = Path("src/quickserve/web/static/vendor")
READER = VENDOR / "barcode-detector-3.2.2" / "ponyfill.js"
WASM = VENDOR / "zxing-wasm-3.1.3" / "zxing_reader.wasm"

_READ = """async ([picture, wasm]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const reader = window.BarcodeDetectionAPI;
  reader.prepareZXingModule({ overrides: { wasmBinary: bytes(wasm).buffer } });
  const image = await createImageBitmap(new Blob([bytes(picture)], { type: "image/png" }));
  const found = await new reader.BarcodeDetector({ formats: ["qr_code"] }).detect(image);
  return found.map((code) => code.rawValue);
}"""


async def read(browser: Browser, picture: bytes) -> list[str]:
    """The texts of the codes in a PNG, read by the reader that the door ships."""
    page = await browser.new_page()
    try:
        await page.evaluate(READER.read_text("utf-8"))
        return await page.evaluate(
            _READ, [b64encode(part).decode() for part in (picture, WASM.read_bytes())]
        )
    finally:
        await page.close()


def film(text: str, path: Path, *, width: int = 640, height: int = 480, frames: int = 4) -> None:
    """A Y4M video of the code held still before a camera: black on white."""
    matrix = [list(row) for row in segno.make(text, error="m").matrix_iter(border=4)]
    scale = min(width, height) // len(matrix)
    assert scale >= 3, "the code is too fine for this picture"
    left = (width - scale * len(matrix)) // 2
    white = bytes([235])
    rows = []
    for row in matrix:
        line = b"".join((b"\x10" if dark else white) * scale for dark in row)
        rows += [(white * left + line).ljust(width, white)] * scale
    top = (height - len(rows)) // 2
    rows = [white * width] * top + rows
    rows += [white * width] * (height - len(rows))
    picture = b"".join(rows) + bytes([128]) * (width * height // 2)  # no colour: 4:2:0 chroma
    header = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(header + (b"FRAME\n" + picture) * frames)
