"""Checks: every solution passes, every known wrong answer has its own sentence, whatever the museum."""

import re
import time

import pytest
from submissions import museum

from artlib.course import checks, lessons

ALL = [(session, name) for session in lessons.SESSIONS for name in lessons.exercises(session)]
RULE = {
    "answer": "x", "holds": {"lowest": {"of": "$table", "n": 2}}, "right": "Yes.", "hint": "Look again.",
    "wrong": [{"when": {"highest": {"of": "$table", "n": 2}}, "say": "These are the best."}],
}  # fmt: skip
TABLE = {"a": 0.1, "b": 0.5, "c": 0.5, "d": 0.9}


def said(answer, rule=RULE, **facts):
    return checks.verdict("one", rule, {"x": answer, "table": TABLE, **facts})


@pytest.mark.parametrize(
    ("answer", "state", "sentence"),
    [
        (["a", "b"], checks.RIGHT, "Yes."),
        (("C", " a "), checks.RIGHT, "Yes."),  # a tie, in another order, in other letters
        (["d", "c"], checks.WRONG, "These are the best."),
        (["a", "a"], checks.WRONG, "Look again."),
        (["a"], checks.WRONG, "should hold 2"),
        ("a", checks.WRONG, "a list of 2"),
        (3, checks.WRONG, "yours is a number"),
        (..., checks.WAITING, "in place of the dots"),
        (None, checks.WAITING, "in place of the dots"),
        (float("nan"), checks.WAITING, "in place of the dots"),
        (object(), checks.WAITING, "in place of the dots"),
    ],
)
def test_an_answer_is_told_in_words(answer, state, sentence):
    found = said(answer)
    assert found.state == state
    assert sentence in repr(found)
    assert bool(found) is (state == checks.RIGHT)


def test_a_number_may_lie_as_far_as_it_is_said_and_no_farther():
    rule = {**RULE, "holds": {"product": [100, {"minus": ["$p", 0.25]}]}, "within": 0.5, "wrong": []}
    assert said(25.5, rule, p=0.5)
    assert not said(25.6, rule, p=0.5)
    assert not said("25", rule, p=0.5)
    assert not said(True, rule, p=0.5)


@pytest.mark.parametrize(
    ("form", "of", "fitting", "others"),
    [
        ("among", ["a", "b"], ["a", " B"], ["c", ["a"], 1]),
        ("names", ["a", "b"], [["b", "A"]], [["a"], ["a", "c"], "a"]),
        ("keys", ["a", "b"], [{"a": 1, "b": 0.2}], [{"a": 1}, {"a": 1, "b": "high"}, ["a", "b"]]),
        ("between", [1, 2], [1, 1.5, 2], [0.9, "1", True]),
    ],
)
def test_an_answer_of_a_form(form, of, fitting, others):
    rule = {**RULE, "holds": {form: {"of": of}}, "wrong": []}
    assert all(said(answer, rule) for answer in fitting)
    assert not any(said(answer, rule) for answer in others)
    assert said(checks.expected(rule["holds"], {}), rule), "the example of a form fits it"


def test_a_table_of_numbers_may_lie_as_far_as_it_is_said():
    rule = {**RULE, "holds": {"is": "$table"}, "within": 0.1, "wrong": []}
    assert said({**TABLE, "a": 0.15}, rule)
    assert not said({**TABLE, "a": 0.3}, rule)
    assert not said({"a": 0.1}, rule)


def test_lines_of_a_rule_read_the_notebook_and_leave_it_alone():
    rule = {**RULE, "given": "table = dict(scores); scores = None", "wrong": []}
    names = {"x": ["a", "b"], "scores": TABLE}
    assert checks.Checker(names, {"one": rule})("one")
    assert names == {"x": ["a", "b"], "scores": TABLE}
    del names["scores"]
    assert "Run the cells above first (NameError" in checks.Checker(names, {"one": rule})("one").sentence
    assert "in place of the dots" in checks.Checker({"x": ...}, {"one": rule})("one").sentence
    assert "there is one." in checks.Checker(names, {"one": rule})("ones").sentence


def test_cells_that_were_not_run_are_asked_for():
    assert "Run the cells above first: table" in checks.verdict("one", RULE, {"x": ["a"]}).sentence


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"kappa": [["a", "a", "b", "b"], ["a", "b", "b", "b"]]}, 0.5),
        ({"kappa": [["a", "a"], ["a", "a"]]}, 0.0),
        ({"holm": {"of": "$p"}}, 3),
        ({"holm": {"of": "$p", "level": 0.03}}, 1),
        ({"largest_share": {"of": "$sizes"}}, 0.75),
        ({"word": [1, 2]}, "above"),
        ({"word": [-1, 2]}, "open"),
        ({"first_above": {"of": "$limits", "level": 0.9}}, 40),
        ({"first_above": {"of": "$limits", "level": 0.99}}, 0),
    ],
)
def test_recipes(rule, value):
    facts = {"sizes": {"a": 3, "b": 1}, "p": {"a": 0.001, "b": 0.02, "c": 0.04}}
    found = checks.expected(rule, facts | {"limits": {"20": 0.5, "100": 0.95, "40": 0.92}})
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


def test_arrays_and_tables_are_answers_too():
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert said(numpy.array(["a", "b"]))
    assert said(numpy.array(["b", "a"]), table=pandas.Series(TABLE))
    assert checks.plain({"a": numpy.float64(0.5), "b": {3, 1}}) == {"a": 0.5, "b": [1, 3]}


@pytest.mark.slow
@pytest.mark.parametrize("session", lessons.SESSIONS)
def test_an_untouched_notebook_runs_to_its_end_and_every_solution_passes(session):
    started = time.monotonic()
    found = museum(session, 2027)
    stated = re.search(r"^Machine time: (?:about|under) (\w+) minute", lessons.page(session).read_text("utf-8"), re.M)
    assert time.monotonic() - started < 60 * {"a": 1, "one": 1, "two": 2}[stated[1]]
    assert not found.stopped
    assert not found.errors
    for name in lessons.exercises(session):
        rule = lessons.rules()[name]
        assert checks.verdict(name, rule, found.values), (name, found.values[rule["answer"]])
        waiting = checks.verdict(name, rule, {**found.values, rule["answer"]: None})
        assert waiting.state == checks.WAITING


@pytest.mark.slow
@pytest.mark.parametrize(("session", "name"), ALL)
def test_every_known_wrong_answer_has_its_own_sentence(session, name):
    """In a museum where the wrong answer happens to be right, or to be another wrong one, it says that."""
    facts, rule, told = museum(session, 2027).values, lessons.rules()[name], 0
    values = [checks.expected(known["when"], facts) for known in rule["wrong"]]
    for known, value in zip(rule["wrong"], values, strict=True):
        found = checks.verdict(name, rule, {**facts, rule["answer"]: value})
        if not found and values.count(value) == 1:
            assert found.sentence == known["say"]
            told += 1
    assert told, f"{name}: no wrong answer was told apart"
    assert checks.verdict(name, rule, {**facts, rule["answer"]: "something else entirely"}).state == checks.WRONG


@pytest.mark.slow
@pytest.mark.parametrize("session", lessons.SESSIONS)
def test_two_museums_have_other_answers_and_neither_takes_the_others(session):
    here, there = museum(session, 2027).values, museum(session, 2029).values
    refused = taken = 0
    for name in lessons.exercises(session):
        rule = lessons.rules()[name]
        mine, yours = here[rule["answer"]], there[rule["answer"]]
        assert checks.verdict(name, rule, here)
        assert checks.verdict(name, rule, there)
        if mine != yours:
            swapped = ({**here, rule["answer"]: yours}, {**there, rule["answer"]: mine})
            either = any(checks.verdict(name, rule, values) for values in swapped)
            taken += either  # two epochs with the same accuracy are both the best
            refused += not either
    assert refused >= 2
    assert taken <= 1
