"""How a map of drawn works opens and moves in a browser without a graphics card: bytes, first view, time of a frame."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
_UNBOUND = ("--disable-frame-rate-limit", "--disable-gpu-vsync")  # else a frame takes a sixtieth of a second at least
_FRAMES = 120
_FRAME_MS, _FIRST_S, _BYTES = 20, 2, 8e6
_MOVE = """async (frames) => {
  const {pan, zoom, view} = document.querySelector(".artlib-map").artlibMap, times = [];
  await new Promise((done) => {
    let k = 0, last = performance.now();
    const step = (now) => {
      times.push(now - last); last = now;
      if (k++ >= frames) return done();
      pan(9 * Math.sin(k / 7), 9 * Math.cos(k / 9)); zoom(k % 60 < 30 ? 1.08 : 1 / 1.08);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  return times.slice(1);
}"""


def run() -> DataFrame:
    """`measure` for 1,500 and 12,000 drawn works, with a column that says whether the goals are reached."""
    import pandas as pd

    from artlib import collections, nets, pixels
    from artlib.evaluate import similarity
    from artlib.figures import collection_map

    network, rows = nets.create("resnet18_s", 1, "photographs"), []
    for size in ("smoke", "course"):
        pictures = pixels.cache(collections.read("museum", size=size), 64)
        features = similarity.features(network, pictures, range(len(pictures)))
        drawn = collection_map(pictures, {"photographs": features}, ["alike", "date", "style"])
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"works": len(pictures), **measure(drawn.save(folder))})
    table = pd.DataFrame(rows).round(2)
    reached = (table["frame_ms"] < _FRAME_MS) & (table["first_view_s"] < _FIRST_S) & (table["bytes"] < _BYTES)
    return table.assign(reached=reached)


def measure(index: Path, zooms: tuple[float, ...] = (1, 4, 12)) -> dict[str, float]:
    """Bytes of the folder, seconds until the first view is drawn, and milliseconds between frames in motion.

    Frames are timed while the map is panned and zoomed about each of the ``zooms``; the sheets needed are loaded first.
    The median and the 95th percentile are of all frames.
    """
    import numpy as np
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*_FLAGS, *_UNBOUND])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(300_000)
        page.goto(Path(index).as_uri(), wait_until="commit")
        page.wait_for_function("document.querySelector('.artlib-map')?.artlibMap?.drawn()")
        first = page.evaluate("performance.now()") / 1000
        page.wait_for_load_state("load")
        times: list[float] = []
        for zoom in zooms:
            page.evaluate(
                f"document.querySelector('[name=whole]').click();"
                f"document.querySelector('.artlib-map').artlibMap.zoom({zoom})"
            )
            page.evaluate(_MOVE, _FRAMES // 4)
            page.wait_for_timeout(1_500)
            times += page.evaluate(_MOVE, _FRAMES)
        browser.close()
    size = sum(file.stat().st_size for file in Path(index).parent.iterdir())
    return {
        "bytes": size, "first_view_s": first, "frame_ms": float(np.median(times)),
        "frame_95_ms": float(np.quantile(times, 0.95)),
    }  # fmt: skip
