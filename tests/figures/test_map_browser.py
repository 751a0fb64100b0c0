"""The map as a reader meets it: from a folder without a network, by keyboard alone, on a phone, without JavaScript."""

import numpy as np
import pytest

from artlib import collections, figures, pixels
from artlib.evaluate import similarity

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A folder of 120 drawn works, of which one has a title that would be code, and one a Chinese and one an Arabic."""
    loaded = collections.read("museum", size=120)
    titles = ["<img src=x onerror=alert(1)>", "富嶽三十六景", "لوحة"]
    loaded.works.loc[:2, "title"] = titles
    loaded.works.loc[:2, "artist"] = 'Zoë "Quoted" O\'Hara'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTLIB_CACHE", str(tmp_path_factory.mktemp("cache")))
        pictures = pixels.cache(loaded, 32, progress=False)
        flat = pictures.pixels[:, ::4, ::4].reshape(120, -1).astype(float)
        drawn = figures.collection_map(pictures, {"colour": similarity.features_from_vectors(flat - flat.mean(0))})
        return drawn.save(tmp_path_factory.mktemp("map"), loaded)


@pytest.fixture
def opened(chromium, index):
    """Open the map without any network: ``opened(hash, width, javascript)`` gives the page and what went wrong."""
    windows = []

    def visit(place="", width=1280, javascript=True):
        window = chromium.new_context(
            viewport={"width": width, "height": 800},
            java_script_enabled=javascript,
            offline=True,
            reduced_motion="reduce",
        )
        windows.append(window)
        page, faults = window.new_page(), []
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or faults.append(asked.url))
        page.goto(index.as_uri() + place)
        if javascript:
            page.wait_for_function("document.querySelector('[role=status]').textContent.includes('in view')")
            page.wait_for_function("document.querySelector('.artlib-map').artlibMap.count() > 0")
        return page, faults

    yield visit
    for window in windows:
        window.close()


def colours(page):
    """How many different colours the canvas shows: pictures give many, an empty one few."""
    from io import BytesIO

    from PIL import Image

    shot = Image.open(BytesIO(page.locator(".artlib-map-plane canvas").screenshot())).convert("RGB")
    return len(np.unique(np.asarray(shot).reshape(-1, 3), axis=0))


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_by_keyboard_alone_a_painters_work_is_found_opened_and_its_neighbours_listed(opened):
    page, faults = opened()
    press(page, *["Tab"] * 4)  # layout, label, value, search
    page.keyboard.type("zoe o'hara")
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('3 match')")
    press(page, *["Tab"] * 5, "Tab")  # four buttons, the map, and the list's heading
    assert page.evaluate("document.activeElement.textContent") == "Works in view, in words"
    press(page, "Tab")
    first = page.evaluate("document.activeElement.textContent")
    assert 'Zoë "Quoted" O\'Hara' in first
    press(page, "Enter")
    page.wait_for_selector(".artlib-map-work h3:focus")
    assert first.startswith(page.inner_text(".artlib-map-work h3"))
    neighbours = page.locator(".artlib-map-work ol button").all_inner_texts()
    assert len(neighbours) == 10
    press(page, *["Tab"] * 3, "Enter")  # add, close, the first neighbour
    assert neighbours[0].startswith(page.inner_text(".artlib-map-work h3"))
    press(page, "Escape")
    assert not page.is_visible(".artlib-map-work")
    assert page.evaluate("document.activeElement.tagName") == "CANVAS"
    before = page.evaluate("document.querySelector('.artlib-map').artlibMap.view.scale")
    press(page, "+", "ArrowLeft", "Enter")
    assert page.evaluate("document.querySelector('.artlib-map').artlibMap.view.scale") > before
    page.wait_for_selector(".artlib-map-work h3:focus")
    page.evaluate("document.querySelector('.artlib-map').artlibMap.zoom(30)")
    page.fill("[name=q]", "<img src")  # a work far from here comes into view
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('1 match; 1 in view')")
    assert not faults


def test_a_circle_becomes_code_that_python_reads(opened, index):
    from artlib import works

    page, faults = opened()
    page.wait_for_function("document.querySelector('textarea').value")
    page.click("[name=lasso]")
    box = page.locator(".artlib-map-plane canvas").bounding_box()
    corners = [(2, 2), (box["width"] - 3, 2), (box["width"] - 3, box["height"] - 3), (2, box["height"] - 3), (2, 2)]
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.up()
    page.fill("[name=named]", 'my "circle"')
    code = page.input_value("textarea")
    page.click("[name=copy]")
    page.wait_for_function("document.querySelector('[role=status]').textContent.includes('Copied: 120')")
    table = collections.read("museum", size=120).works
    marked = eval(code, {"works": works, "pictures": type("Pictures", (), {"works": table})})  # noqa: S307
    assert set(marked['my "circle"']) == {"inside"}
    assert not faults


def test_an_address_brings_the_view_back(opened):
    page, _ = opened("#layout=by+date&label=genre&value=landscape&q=no&zoom=2&x=0.4&y=0.8&work=m0-000007")
    page.wait_for_selector(".artlib-map-work h3:visible")
    assert page.locator("[name=layout] option:checked").inner_text() == "by date"
    assert page.locator("[name=value] option:checked").inner_text().startswith("landscape")
    page.wait_for_function("location.hash.includes('work=m0-000007') && location.hash.includes('zoom=2.000')")
    assert "m0-000007" in page.inner_text(".artlib-map-work dl")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_map_is_drawn_fits_and_can_be_used_by_everyone(opened, width):
    from axe_playwright_python.sync_playwright import Axe

    page, faults = opened(width=width)
    page.wait_for_function("document.querySelector('.artlib-map').artlibMap.drawn()")
    assert colours(page) > 1_000
    page.select_option("[name=label]", label="genre")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    page.locator(".artlib-map-list button").first.click()
    found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not faults


def test_without_javascript_there_is_the_whole_map_with_its_description(opened):
    page, faults = opened(javascript=False)
    image = page.locator(".artlib-map-plane img")
    assert image.is_visible()
    assert image.get_attribute("alt").startswith("120 works of museum as small pictures")
    assert not page.is_visible(".artlib-map-bar")
    assert not faults
