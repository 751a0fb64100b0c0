"""The site as a reader meets it, in headless Chromium: wide and narrow, light and dark, by eye and by screen reader."""

import re
from dataclasses import dataclass, field

import pytest
from book_site import built_site, serving

from artlib.site import check, files

pytestmark = pytest.mark.slow

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 800}
LONGEST = 25  # screens of a chapter
PATIENCE = 120_000  # milliseconds, for a machine that is busy with other things
AXE = {"resultTypes": ["violations"], "preload": False}


@dataclass
class Visit:
    """What a page did while it was looked at."""

    address: str
    complaints: list[str] = field(default_factory=list)

    def listen(self, page):
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        page.on(
            "response", lambda answer: answer.status >= 400 and self.complaints.append(f"{answer.status} {answer.url}")
        )

    def _asked(self, request):
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.complaints.append(f"asked another host: {request.url}")


@pytest.fixture(scope="module")
def book():
    return built_site()


@pytest.fixture(scope="module")
def address(book):
    with serving(book.site) as where:
        yield where


@pytest.fixture(scope="module")
def pages(book):
    """Every page of the site, as addresses below its root."""
    return [path.relative_to(book.site).as_posix() for path in files.below(book.site, "*.html")]


@pytest.fixture
def visit(chromium, address):
    """Open a page in a window of its own: ``visit("search.html", PHONE, "dark")`` gives the page and what it did."""
    windows = []

    def open_page(name, size=WIDE, scheme="light"):
        window = chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
        windows.append(window)
        page, seen = window.new_page(), Visit(address)
        page.set_default_timeout(PATIENCE)
        seen.listen(page)
        page.goto(f"{address}/{name}", wait_until="networkidle")
        return page, seen

    yield open_page
    for window in windows:
        window.close()


def serious(page):
    """The serious and critical findings of axe-core, with the place of the first."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}, {len(rule['nodes'])} places): {rule['nodes'][0]['html'][:200]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]


def screens(page):
    """How many windows of its size a page fills."""
    return page.evaluate("document.querySelector('.bd-article').scrollHeight / innerHeight")


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def theme(page):
    return page.evaluate("document.documentElement.dataset.theme")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light")])
def test_every_page_loads_in_silence_and_can_be_used_by_everyone(visit, book, pages, size, scheme):
    faults = []
    for name in pages:
        page, seen = visit(name, size, scheme)
        faults += [f"{name}: {complaint}" for complaint in seen.complaints]
        faults += [f"{name}: {finding}" for finding in serious(page)]
        if scrolls_sideways(page):
            faults.append(f"{name}: scrolls sideways at {size['width']} pixels")
        if size is WIDE and name.removesuffix(".html") in book.chapters() and (long := screens(page)) > LONGEST:
            faults.append(f"{name}: {long:.1f} screens")
        if theme(page) not in (scheme, None):
            faults.append(f"{name}: shows the theme {theme(page)} where {scheme} is wished for")
        page.close()
    assert not faults, "\n".join(faults)


def test_every_picture_is_there_and_says_what_is_in_it(visit, pages):
    faults = []
    for name in pages:
        page, _ = visit(name)
        for image in page.locator("img:visible").all():
            if not image.evaluate("image => image.complete && image.naturalWidth > 0"):
                faults.append(f"{name}: {image.get_attribute('src')} does not load")
        html = page.content()
        parsed = check.Page(page, name, html)
        faults += [f"{name}: {fault}" for fault in check.pictures_are_described(parsed)]
        page.close()
    assert not faults, "\n".join(faults)


def test_search_finds_a_word_of_a_chapter(visit, book):
    for chapter in book.chapters():
        title = check.Page(book.site, chapter, (book.site / f"{chapter}.html").read_text(encoding="utf-8")).soup.h1
        word = max(re.findall(r"[A-Za-z]+", title.get_text()), key=len)
        page, seen = visit(f"search.html?q={word}")
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
        assert any(f"{chapter}.html" in link for link in found), (word, found)
        assert not seen.complaints


def test_the_theme_can_be_switched_and_stays_readable(visit, book):
    page, seen = visit(f"{book.chapters()[0]}.html")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):  # light, dark, auto: in whatever order the theme goes round
        if theme(page) == "dark":
            break
        button.click()
    assert theme(page) == "dark"
    assert page.evaluate(background) != light
    assert not [finding for finding in serious(page) if finding.startswith("color-contrast")]
    page.reload(wait_until="networkidle")
    assert theme(page) == "dark", "the choice is forgotten"
    assert not seen.complaints


def test_folded_solutions_open_and_close(visit, book):
    for chapter in book.chapters():
        page, _ = visit(f"{chapter}.html")
        solution = page.locator(".solution.dropdown, .solution .toggle, .solution details").first
        assert solution.count(), f"{chapter} has no folded solution"


def test_a_link_to_a_claim_opens_its_card(visit):
    page, _ = visit("book/scoreboard.html")
    card = page.locator("#claim-C6")
    assert not card.is_visible()
    page.locator("a[href='#claim-C6']").click()
    card.wait_for(state="visible")
    page.locator(".scoreboard input[type=search]").fill("top-3")
    assert page.locator(".scoreboard article:visible").count() < page.locator(".scoreboard article").count()


def test_the_site_can_be_read_from_a_folder(chromium, book):
    """Opened as a file, without a server: pages, styles, formulas and the index of the search are all beside it."""
    page = chromium.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    # A load that going on to the next page breaks off is no fault; a file that is not there is.
    page.on(
        "requestfailed", lambda lost: "ABORTED" in (lost.failure or "") or faults.append(f"{lost.url}: {lost.failure}")
    )
    page.on("request", lambda request: request.url.startswith("http") and faults.append(request.url))
    for name in ["index", *book.pages()]:
        page.goto((book.site / f"{name}.html").as_uri(), wait_until="networkidle")
    assert page.locator("h1:visible").count()
    assert not faults


def test_terms_show_themselves_figures_open_and_sections_are_found_by_what_is_in_pictures(visit, book):
    page, seen = visit("book/primer.html")
    preview, dialog = page.locator("#artlib-preview"), page.locator("dialog.artlib-large")
    page.locator("a[data-preview]").first.focus()
    assert len(preview.inner_text()) > 20
    page.keyboard.press("Escape")
    assert preview.is_hidden()
    page.locator(".artlib-enlarge").first.click()
    assert dialog.locator("img").get_attribute("alt")
    assert not serious(page)
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    page, _ = visit("search.html?q=rococo")  # a style of the museum: a word in pictures' alternative texts
    found = page.locator(".artlib-sections li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert any("#" in link and "collections.html" in link for link in found), found
    assert not seen.complaints
