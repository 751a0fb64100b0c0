"""Is an answer right, and if not, what would a good teacher say?

Only the standard library: this file also lies beside the notebooks of a pack, where the package may be missing. What
must hold stands in ``data/checks.yaml`` as rules, such as ``{lowest: {of: $recall, n: 3}}``: a name with ``$`` is a
variable of the notebook, so that an answer is compared with what this collection holds, whatever its seed. In a
chapter, a rule's own lines (``given``) make such variables from what the cells above have left.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

RIGHT, WRONG, WAITING = "right", "not right", "not yet"
_OF_NAMES = ("lowest", "highest")
_OF_FORM = ("among", "names", "keys", "between")


@dataclass(frozen=True)
class Verdict:
    """What a check says of one answer; a notebook shows it as its sentence."""

    exercise: str
    state: str
    sentence: str

    def __bool__(self) -> bool:
        return self.state == RIGHT

    def __repr__(self) -> str:
        return f"{ {RIGHT: 'Right', WRONG: 'Not right', WAITING: 'Not yet'}[self.state] }. {self.sentence}"


class Checker:
    """Checks of one notebook: ``check = Checker(globals())``, then ``check("exercise")``."""

    def __init__(self, names: Mapping[str, Any], rules: Mapping[str, Mapping] | None = None):
        self.names, self.rules = names, rules or declared()

    def __call__(self, exercise: str) -> Verdict:
        """The verdict on an exercise's answer as it stands now."""
        if exercise not in self.rules:
            near = ", ".join(get_close_matches(exercise, self.rules)) or "none of a similar name"
            return Verdict(exercise, WAITING, f"There is no exercise {exercise!r}; there is {near}.")
        rule, names = self.rules[exercise], dict(self.names)
        if "given" in rule and plain(names.get(rule["answer"])) is not None:
            try:
                exec(rule["given"], names)  # the book's own lines, on a copy of the reader's variables
            except Exception as fault:  # noqa: BLE001 - whatever the cells above have left out
                return Verdict(exercise, WAITING, f"Run the cells above first ({type(fault).__name__}: {fault}).")
        return verdict(exercise, rule, names)


def declared() -> dict[str, Mapping]:
    """The rules beside this file or the notebook (``checks.json``), else the book's."""
    for folder in (Path(), Path(__file__).parent):
        if (folder / "checks.json").is_file():
            return json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    from artlib import paths

    return {name: rule for part in paths.table("checks.yaml").values() for name, rule in part.items()}


def verdict(exercise: str, rule: Mapping, names: Mapping[str, Any]) -> Verdict:
    """What to say of an answer. ``rule`` is an entry of ``checks.yaml``, ``names`` the notebook's variables."""
    answer, facts = plain(names.get(rule["answer"])), {name: plain(names.get(name)) for name in sorted(needed(rule))}
    if answer is None:
        return Verdict(exercise, WAITING, f"Put your answer in place of the dots, into `{rule['answer']}`.")
    missing = [name for name, value in facts.items() if value is None]
    if missing:
        return Verdict(exercise, WAITING, f"Run the cells above first: {', '.join(missing)} is not there yet.")
    right = expected(rule["holds"], facts)
    if fits(rule["holds"], answer, right, facts, rule.get("within", 0)):
        return Verdict(exercise, RIGHT, rule["right"])
    for known in rule["wrong"]:
        if fits(known["when"], answer, expected(known["when"], facts), facts, rule.get("within", 0)):
            return Verdict(exercise, WRONG, known["say"])
    return Verdict(exercise, WRONG, f"{_of_another_kind(answer, right) or rule['hint']}")


def needed(rule: Mapping) -> set[str]:
    """Names of the variables that a check reads beside the answer."""
    return set(_variables([rule["holds"], [known["when"] for known in rule["wrong"]]]))


def expected(rule: Any, facts: Mapping[str, Any]) -> Any:
    """The value of a rule: a recipe with its ingredients, a variable, or a plain value."""
    if isinstance(rule, str) and rule.startswith("$"):
        return facts[rule[1:]]
    if isinstance(rule, list):
        return [expected(part, facts) for part in rule]
    if isinstance(rule, Mapping):
        ((name, given),) = rule.items()
        if isinstance(given, Mapping) and not set(given) & set(RECIPES):
            return RECIPES[name](**{key: expected(part, facts) for key, part in given.items()})
        return RECIPES[name](expected(given, facts))
    return rule


def fits(rule: Any, answer: Any, right: Any, facts: Mapping[str, Any], within: float) -> bool:
    """Whether an answer is that value: numbers within a distance, names in any order and whatever their case."""
    (recipe,) = rule if isinstance(rule, Mapping) else ("is",)
    if recipe in _OF_FORM:
        return _has_form(recipe, answer, expected(rule[recipe]["of"], facts), right)
    if recipe in _OF_NAMES:
        values = expected(rule[recipe]["of"], facts)
        given = [_name(one) for one in (answer if isinstance(answer, list) else [answer])]
        known = {_name(key): value for key, value in values.items()}
        best = right if isinstance(right, list) else [right]
        # Two names with the same value are equally right.
        return len(set(given)) == len(given) and sorted(map(known.get, given), key=str) == sorted(
            (known[_name(one)] for one in best), key=str
        )
    if isinstance(right, Mapping):
        same = isinstance(answer, Mapping) and set(answer) == set(right)
        return same and all(fits("is", answer[key], right[key], facts, within) for key in right)
    if isinstance(right, list):
        same = isinstance(answer, list) and len(answer) == len(right)
        return same and all(fits("is", a, r, facts, within) for a, r in zip(answer, right, strict=True))
    if _number(right):
        # A little more than asked for: 0.125 is within 0.005 of 0.12.
        return _number(answer) and abs(answer - right) <= within + 1e-9 * max(1, abs(right))
    return _name(answer) == _name(right)


def _has_form(recipe: str, answer: Any, of: list, example: Any) -> bool:
    """Where many answers are right: whether this one has the right names, or lies between two numbers."""
    if recipe == "between":
        return _number(answer) and of[0] <= answer <= of[1]
    if type(answer) is not type(example):
        return False
    given = set(map(_name, answer if isinstance(answer, list | dict) else [answer]))
    known = set(map(_name, of))
    if recipe == "among":
        return given <= known and (not isinstance(answer, list) or len(answer) == len(example))
    return given == known and (recipe == "names" or all(map(_number, answer.values())))


def plain(value: Any) -> Any:
    """A value of the notebook as JSON knows it; None for what is not answered or cannot be told."""
    if value is None or value is Ellipsis or isinstance(value, str | bool | int):
        return None if value is Ellipsis else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    for method in ("to_dict", "tolist"):
        if hasattr(value, method):
            return plain(getattr(value, method)())
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        parts = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(part) for part in parts]
    return None


def _of_another_kind(answer: Any, right: Any) -> str:
    kinds = {bool: "yes or no", int: "a number", float: "a number", str: "a name", list: "a list", dict: "a table"}
    wanted, given = kinds[type(right)], kinds.get(type(answer), "something else")
    if wanted != given:
        return (
            f"The answer should be {wanted}{f' of {len(right)}' if isinstance(right, list) else ''}; yours is {given}."
        )
    if isinstance(right, list) and len(answer) != len(right):
        return f"The answer should hold {len(right)}; yours holds {len(answer)}."
    return ""


def _variables(rule: Any) -> list[str]:
    if isinstance(rule, str):
        return [rule[1:]] if rule.startswith("$") else []
    parts = rule.values() if isinstance(rule, Mapping) else rule if isinstance(rule, list) else []
    return [name for part in parts for name in _variables(part)]


def _name(value: Any) -> str:
    return str(value).strip().casefold()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _lowest(of: Mapping[str, float], n: int = 1, down: bool = False) -> Any:
    names = sorted(of, key=lambda name: (-of[name] if down else of[name], name))[:n]
    return names if n > 1 else names[0]


def _kappa(of: list[list]) -> float:
    first, second = of
    seen, chance = _agreement(of), 0.0
    shares = [Counter(map(_name, labels)) for labels in (first, second)]
    for name in shares[0]:
        chance += shares[0][name] * shares[1][name] / len(first) ** 2
    return (seen - chance) / (1 - chance) if chance < 1 else 0.0


def _agreement(of: list[list]) -> float:
    return fmean(_name(a) == _name(b) for a, b in zip(*of, strict=True))


def _interval(of: list[float]) -> list[float]:
    return [fmean(of) - _half(of), fmean(of) + _half(of)]


def _half(of: list[float]) -> float:
    """Half the length of the interval of a mean."""
    return 1.96 * stdev(of) / math.sqrt(len(of))


def _word(of: list[float]) -> str:
    """Where an interval lies."""
    return "above" if of[0] > 0 else "below" if of[1] < 0 else "open"


def _holm(of: Mapping[str, float], level: float = 0.05) -> int:
    """How many p-values stay below the level after Holm's correction."""
    ordered = sorted(of.values())
    failing = (k for k, p in enumerate(ordered) if p > level / (len(ordered) - k))
    return next(failing, len(ordered))


RECIPES: dict[str, Callable[..., Any]] = {
    "is": lambda of: of,
    # Of these four the value is an example; what else fits is said by `_has_form`.
    "among": lambda of, n=1: of[0] if n == 1 else of[:1] * n,
    "names": lambda of: of,
    "keys": lambda of: dict.fromkeys(of, 0.5),
    "between": lambda of: fmean(of),
    "lowest": _lowest,
    "highest": lambda of, n=1: _lowest(of, n, down=True),
    "order": lambda of: sorted(of, key=lambda name: -of[name]),
    "reverse": lambda of: of[::-1],
    "largest_share": lambda of: max(of.values()) / sum(of.values()),
    "even_share": lambda of: 1 / len(of),
    "count": len,
    "mean": fmean,
    "spread": stdev,
    "sum": sum,
    "product": math.prod,
    "minus": lambda of: of[0] - of[1],
    "divide": lambda of: of[0] / of[1],
    "agreement": _agreement,
    "kappa": _kappa,
    "interval": _interval,
    "half": _half,
    "word": _word,
    "holm": _holm,
    "first_above": lambda of, level: min((int(name) for name in of if of[name] > level), default=0),
    "below": lambda of, level: sum(p <= level for p in of.values()),
    "yes_if_above": lambda of: "yes" if of[0] > of[1] else "no",
}
"""What a rule of ``checks.yaml`` can ask for: name -> function of its ingredients."""
