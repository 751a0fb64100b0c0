"""Pages and slides of a pack as a class meets them: opened from a folder, without a network, in Chromium."""

import shutil
import zipfile

import pytest
from book_site import built_site

from artlib.course import pack
from artlib.site import layout

pytestmark = pytest.mark.slow
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
MOST_MB = 60


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A pack of the quick session with the built site, unpacked from its zip."""
    place, book = tmp_path_factory.mktemp("class"), built_site()
    original, layout.here = layout.here, lambda: book
    try:
        folder = pack.pack([6], 2027, None, place / "class", lambda step: None)
    finally:
        layout.here = original
    assert folder.with_suffix(".zip").stat().st_size < MOST_MB * 2**20
    with zipfile.ZipFile(folder.with_suffix(".zip")) as archive:
        archive.extractall(place / "stick")
    return place / "stick" / "class"


@pytest.fixture
def page(packed):
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("browser: no Chromium on this machine; .ci/run installs it")
    from playwright.sync_api import sync_playwright

    asked, errors = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        opened = browser.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
        opened.on(
            "request",
            lambda one: asked.append(one.url) if not one.url.startswith(("file:", "data:", "blob:")) else None,
        )
        opened.on("pageerror", lambda error: errors.append(str(error)))
        yield opened
        browser.close()
    assert not asked
    assert not errors


def test_a_quiz_answers_in_words_and_remembers(page, packed):
    page.goto((packed / "site" / "book" / "teaching" / "session-6.html").as_uri())
    field = page.locator(".artlib-quiz fieldset").first
    field.locator("input[value=wrong]").first.check()
    assert field.locator("[aria-live=polite]").inner_text().startswith("Not yet.")
    field.locator("input[value=right]").check()
    assert field.locator("[aria-live=polite]").inner_text().startswith("Right.")
    progress = page.locator(".artlib-progress [role=status]")
    assert progress.inner_text().startswith("1 of 9")
    page.locator(".artlib-done input").first.check()
    page.reload()
    assert progress.inner_text().startswith("2 of 9")
    page.get_by_role("button", name="Forget my progress").click()
    page.reload()
    assert progress.inner_text().startswith("0 of 9")


def test_students_see_no_answers_and_instructors_do(page, packed):
    page.goto((packed / "site" / "book" / "teaching" / "session-6.html").as_uri())
    switch, minutes = page.get_by_role("button", name="Instructor's view"), page.locator("#minutes table")
    assert switch.get_attribute("aria-pressed") == "false"
    assert not minutes.is_visible()
    assert not page.locator(".artlib-check .instructor").first.is_visible()
    assert not page.locator(".artlib-quiz-answers").first.is_visible()
    switch.click()
    assert minutes.is_visible()
    assert page.locator(".artlib-check .instructor").first.is_visible()
    page.goto((packed / "site" / "book" / "scoreboard.html").as_uri())
    assert page.locator(".instructor").first.is_visible()
    page.get_by_role("button", name="Instructor's view").click()
    assert not page.locator(".instructor").first.is_visible()


def test_a_guess_comes_before_the_result(page, packed):
    page.goto((packed / "site" / "book" / "teaching" / "session-3.html").as_uri())
    box = page.locator(".artlib-guess").first
    assert not box.get_by_text("95% interval").is_visible()
    box.locator("input").fill("30")
    box.locator("summary").click()
    assert box.get_by_text("95% interval").is_visible()
    assert "above the interval" in box.locator("[role=status]").inner_text()


def test_without_javascript_the_answers_are_folded_and_there(page, packed):
    plain = page.context.browser.new_context(java_script_enabled=False, offline=True).new_page()
    plain.goto((packed / "site" / "book" / "teaching" / "session-6.html").as_uri())
    folded = plain.locator(".artlib-quiz-answers").first
    assert folded.locator("summary").is_visible()
    assert not folded.locator("li").first.is_visible()
    assert plain.locator("#minutes table").is_visible()


def test_a_pack_without_the_site_has_the_quiz_too(page, packed):
    page.goto((packed / "slides" / "quiz-6.html").as_uri())
    assert not page.locator(".instructor").is_visible()
    field = page.locator(".artlib-quiz fieldset").nth(2)
    field.locator("input[value=right]").check()
    assert field.locator("[aria-live=polite]").inner_text().startswith("Right.")
    assert page.locator(".artlib-progress [role=status]").inner_text().startswith("1 of 5")
    page.get_by_role("button", name="Instructor's view").click()
    assert page.locator(".instructor").is_visible()


def test_slides_turn(page, packed):
    page.goto((packed / "slides" / "session-6.html").as_uri())
    assert page.locator("section.present h1").inner_text().startswith("Session 6")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator("section.present").inner_text().startswith("Exercise")
