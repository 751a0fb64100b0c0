"""Session pages: minutes add up, every id resolves, and nothing of a solution reaches a student."""

import json
import re
from pathlib import Path

import pytest

from artlib import paths
from artlib.course import lessons
from artlib.site import layout, teaching

BOOK = paths.root() / "book"
PAGES = sorted((BOOK / "teaching").glob("*.md"))
LABEL = re.compile(r"^\((?P<head>[\w-]+)\)=$|^:label: (?P<option>[\w-]+)$", re.MULTILINE)
POINTER = re.compile(r"\{(ref|doc)\}`(?:[^`<]*<)?\s*([^`>]+?)>?`")


@pytest.fixture(scope="module")
def labels():
    texts = [path.read_text(encoding="utf-8") for path in BOOK.rglob("*.md")]
    for path in BOOK.glob("*.ipynb"):
        texts += ["".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    return {found["head"] or found["option"] for text in texts for found in LABEL.finditer(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_id_of_a_page_resolves(page, labels):
    text = page.read_text(encoding="utf-8")
    for kind, target in POINTER.findall(text):
        if kind == "ref":
            assert target in labels, target
        else:
            place = (page.parent / target).resolve()
            assert place.with_suffix(".md").exists() or place.with_suffix(".ipynb").exists(), target
    tables = paths.table("quizzes.yaml")
    known = {"check": lessons.rules(), "quiz": tables["chapters"], "guess": tables["guesses"]}
    for directive, name in re.findall(r"^```\{(check|quiz|guess)\} (\S+)$", text, re.MULTILINE):
        assert name in known[directive], name


def test_every_exercise_belongs_to_something_and_stands_in_one_session(labels):
    listed = [name for session in lessons.SESSIONS for name in lessons.exercises(session)]
    assert sorted(listed) == sorted(lessons.rules())
    assert not {rule["of"] for rule in lessons.rules().values()} - labels


def minutes(page):
    plan = lessons.section(page.read_text(encoding="utf-8"), "Minutes")
    return sum(map(int, re.findall(r"^\| *(\d+) *\|", plan, re.MULTILINE)))


@pytest.mark.parametrize("session", lessons.SESSIONS)
def test_the_minutes_of_a_session_add_up(session):
    assert minutes(lessons.page(session)) == 90
    assert lessons.chapter(session) in paths.table("quizzes.yaml")["chapters"]


def test_the_minutes_of_the_one_lesson_add_up():
    assert minutes(BOOK / "teaching" / "one-lesson.md") == 90


@pytest.mark.parametrize("session", lessons.SESSIONS)
def test_a_students_notebook_is_short_and_holds_no_line_of_a_solution(session):
    made = lessons.notebook(session, lessons.Student("Ana", "ana", 1))
    assert 10 <= len(made.cells) <= 15
    given = json.dumps(made) + lessons.public_rules(lessons.exercises(session))
    shared = {part.source for part in lessons.parts(session) if part.kind == "code"}
    for name in lessons.exercises(session):
        for line in lessons.rules()[name]["solution"].splitlines():
            if len(line.strip()) > 12 and not any(line.strip() in source for source in shared):
                assert line.strip() not in given.replace('\\"', '"'), (name, line)
        assert f"{lessons.rules()[name]['answer']} = ..." in given


def test_each_chapter_of_the_table_has_five_questions_and_a_sentence_for_each_option():
    chapters = {Path(chapter).name for chapter in layout.here().chapters()}
    for name, entry in paths.table("quizzes.yaml")["chapters"].items():
        assert name in chapters, f"{name} is no chapter of the book any more"
        assert len(entry["questions"]) == 5
        for question in entry["questions"]:
            listed = teaching.options(question)
            assert [right for *_, right in listed].count(True) == 1
            assert len({said for _, said, _ in listed}) == len(listed) >= 3


def test_the_right_option_is_not_known_by_its_place():
    asked = [one for entry in paths.table("quizzes.yaml")["chapters"].values() for one in entry["questions"]]
    places = [[right for *_, right in teaching.options(question)].index(True) for question in asked]
    assert {places.count(place) * 5 > len(asked) for place in range(3)} == {True}


def test_a_quiz_can_be_read_without_javascript_and_has_stable_ids():
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(teaching.quiz_html("collections"), "html.parser")
    assert [field["id"] for field in soup.find_all("fieldset")] == [f"quiz-collections-{k}" for k in range(1, 6)]
    assert len(soup.find_all("legend")) == len(soup.select("[aria-live=polite]")) == 5
    assert all("right." in answers.get_text() for answers in soup.find_all("details"))
    boxes = soup.find_all("input")
    assert len({box["id"] for box in boxes}) == len(boxes) == 15
    assert all(box.find_parent("label") for box in boxes)


def test_what_stands_in_a_question_cannot_become_html():
    assert teaching._text("<b> & `x < 1`") == "&lt;b&gt; &amp; <code>x &lt; 1</code>"


NAMES = 'Name,year\nJosé Ñandú,1\n"O\'Brien, ""Pat""",2\n=cmd|\' /C calc\'!A0,3\nJosé Ñandú,4\n李明,5\n ,6\n'


def test_a_list_of_names_gives_each_a_file_name_and_a_museum(tmp_path):
    file = tmp_path / "names.csv"
    file.write_text(NAMES, encoding="utf-8-sig")
    found = lessons.roster(file, 2027)
    assert [student.name for student in found] == [
        "José Ñandú", 'O\'Brien, "Pat"', "=cmd|' /C calc'!A0", "José Ñandú", "李明",
    ]  # fmt: skip
    assert len({student.slug for student in found}) == len({student.seed for student in found}) == 5
    assert all(re.fullmatch(r"[a-z0-9-]+", student.slug) for student in found)
    assert lessons.no_formula(found[2].name).startswith("'=")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "names nobody"), (b"name\n", "names nobody"), (b"\n\n", "names nobody"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_a_list_that_names_nobody_is_refused(tmp_path, content, said):
    file = tmp_path / "names.csv"
    file.write_bytes(content)
    with pytest.raises(lessons.CourseError, match=said):
        lessons.roster(file, 2027)


def test_a_list_without_a_heading_is_one_name_a_line(tmp_path):
    (tmp_path / "n.txt").write_text("Ana\nBo\n", encoding="utf-8")
    assert [student.name for student in lessons.roster(tmp_path / "n.txt", 1)] == ["Ana", "Bo"]
    with pytest.raises(lessons.CourseError, match="cannot be read"):
        lessons.roster(tmp_path / "missing.csv", 1)
    with pytest.raises(lessons.CourseError, match="seed"):
        lessons.roster(None, -1)
    with pytest.raises(lessons.CourseError, match="session 9"):
        lessons.page(9)
