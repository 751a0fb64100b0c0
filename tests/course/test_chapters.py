"""Exercises of the chapters: each has a check; its solution passes, each known wrong answer has its own sentence."""

import builtins
import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import chapter_facts
import nbformat
import pytest

from artlib import paths
from artlib.course import chapters, checks, grade
from artlib.site import going_on, lab, layout, notebooks

RULES = paths.table("checks.yaml")["chapters"]
BOOK = layout.here()
CHAPTERS = [Path(name).name for name in BOOK.chapters()]
CHEAP = "scoreboard"


@cache
def read(chapter):
    return notebooks.read(BOOK.source(f"book/{chapter}"))


@pytest.fixture
def opened(tmp_path):
    """A chapter as `artlib lab` opens it."""

    def made(chapter):
        made = lab.converted(deepcopy(read(chapter)), {}, {})
        made.metadata["artlib"] = {"made_from": "here"}
        nbformat.write(made, tmp_path / f"{chapter}.ipynb")
        return tmp_path / f"{chapter}.ipynb"

    return made


def test_every_exercise_of_every_chapter_has_a_check():
    listed = [label for chapter in CHAPTERS for label in chapter_facts.labels(read(chapter).cells)]
    assert sorted(listed) == sorted(RULES) == sorted(chapter_facts.recorded())
    assert not set(RULES) & set(paths.table("checks.yaml")["exercises"])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_solutions_pass_and_known_wrong_answers_have_their_own_sentence(chapter):
    for label in chapter_facts.labels(read(chapter).cells):
        rule, known = RULES[label], chapter_facts.recorded()[label]
        facts, answer = known["facts"], known["answer"]

        def said(value, label=label, rule=rule, facts=facts):
            return checks.verdict(label, rule, {**facts, rule["answer"]: value})

        assert said(answer), (label, answer, said(answer))
        assert said(...).state == checks.WAITING
        assert said("something else entirely").state == checks.WRONG
        values = [checks.expected(wrong["when"], facts) for wrong in rule["wrong"]]
        told = [said(value).sentence for value in values]
        alone = [wrong["say"] for wrong, value in zip(rule["wrong"], values, strict=True) if not said(value)]
        assert set(told) & set(alone), f"{label}: no wrong answer was told apart"
        for wrong, value, sentence in zip(rule["wrong"], values, told, strict=True):
            assert said(value) or sentence == wrong["say"] or values.count(value) > 1, (label, value, sentence)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_check_reads_what_stands_above_its_exercise_and_no_answer_takes_a_name_of_the_chapter(chapter):
    notebook, above, everything = read(chapter), set(dir(builtins)), set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            everything |= set.union(*map(set, going_on.used_and_given(cell.source)))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            above |= going_on.used_and_given(cell.source)[1]
            continue
        for label in chapter_facts.labels([cell]):
            rule = RULES[label]
            used, given = going_on.used_and_given(rule.get("given", ""))
            assert not used - above - given, (label, used - above - given)
            assert checks.needed(rule) <= given, label
            assert rule["answer"] not in everything | {"check"}, f"{label}: {rule['answer']} is taken"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_copy_asks_for_an_answer_below_each_exercise_and_above_its_solution(opened, chapter):
    cells = notebooks.read(opened(chapter)).cells
    asked = [k for k, cell in enumerate(cells) if cell.id.startswith("answer-")]
    assert [cells[k].id.removeprefix("answer-") for k in asked] == chapter_facts.labels(read(chapter).cells)
    for k in asked:
        assert "#### Exercise" in cells[k - 1].source
        assert cells[k + 1].source.startswith("##### Solution")
        assert re.match(r"# .+\n\w+ = \.\.\.\n\ncheck\(", cells[k].source)
    assert [cell.id for cell in cells].index("checker") < asked[0]


def test_an_untouched_copy_says_not_yet_and_runs_nothing(opened, monkeypatch):
    monkeypatch.delattr(chapters.pack, "executed")
    verdicts, notes = grade.check(opened(CHEAP))
    assert [one.state for one in verdicts] == [checks.WAITING] * len(chapter_facts.labels(read(CHEAP).cells))
    assert not notes


def test_a_copy_without_cells_for_answers_is_said(tmp_path):
    old = nbformat.v4.new_notebook(metadata={"artlib": {"made_from": "before"}})
    nbformat.write(old, tmp_path / "old.ipynb")
    with pytest.raises(grade.CourseError, match="no cell for an answer"):
        grade.check(tmp_path / "old.ipynb")


@pytest.mark.slow
def test_what_the_checks_of_a_chapter_read_can_be_recorded_anew():
    for label, found in chapter_facts.record("book/collections").items():
        assert checks.verdict(label, RULES[label], {**found["facts"], RULES[label]["answer"]: found["answer"]}), label


@pytest.mark.slow
def test_a_copy_is_run_and_its_answers_are_told_apart(opened):
    file = opened("sources")
    own = notebooks.read(file)
    own.cells = [
        cell
        for cell in own.cells
        if cell.cell_type == "code" and ("preset" in cell.source or cell.id.startswith(("checker", "answer-")))
    ]
    answers = {
        "sources-open": "list(sources.table().query(\"available == 'open'\")['title'])",
        "sources-shared": "len(sources.names())",
        "sources-duplicates": "missing_name",
    }
    for cell in own.cells:
        cell.source = cell.source.replace("...", answers.get(cell.id.removeprefix("answer-"), "..."))
    nbformat.write(own, file)
    verdicts, notes = grade.check(file)
    assert [one.state for one in verdicts] == [checks.RIGHT, checks.WRONG, checks.WAITING]
    assert verdicts[0].sentence == RULES["sources-open"]["right"]
    assert verdicts[1].sentence == RULES["sources-shared"]["wrong"][1]["say"]
    assert "missing_name" in notes[0]
