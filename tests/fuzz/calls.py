"""Random calls of everything public: each is answered rightly, or refused in words of ours.

    python tests/fuzz/calls.py --calls 10000 --seed 0

A fault is a foreign exception, a NaN or an infinity from finite input where no docstring announces one, a warning, text or complex or
masked numbers taken for numbers, an argument that was changed, a global random state that was changed, or a call that takes
longer than `--seconds`. Prints the counts, and every fault with the call that shows it; exits with 1 if there are any.
"""

from __future__ import annotations

import argparse
import inspect
import random
import re
import signal
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import deeplinear as dl

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.fuzz.draws import Draw, World, draw

PATIENCE = 30  # times the processor's seconds that a call may take on the clock, where it waits
HOUSE = str(Path(dl.__file__).parent)
OURS = re.compile(r"^[\w.]+(?:[ \w'αφΣ]+)? needs? |^\w+ diverged|^no law |needs a Task")
ROOMS = (
    "initial",
    "exact",
    "curvature",
    "kernels",
    "generalisation",
    "development",
    "spectra",
    "propagation",
    "data",
    "activations",
    "weights",
)
LEFT_ALONE = {  # files and downloads have a fuzzer of their own; these take what only this package makes, or draw
    *("mnist", "load_mnist", "semantic", "load_semantic", "from_file", "load_file", "from_frame", "load_frame"),
    *("digits", "load_digits", "draw", "save", "report"),
    *(
        "drift",
        "described",
        "settled",
        "correlation_reached",
        "misalignment_of",
        "checked_maps",
        "layers_of",
    ),  # inner steps
}
BUILT = {"Network", "MeanField", "NoisyTeacher", "HighDimensional", "Realised", "FussCatalan", "MarchenkoPastur"}
BUILT |= {"QuarterCircle", "GinibreProduct", "ResidualLaw", "DoubleScaling", "Triangle"}
QUESTIONS = ("deeplinear.exact.", "deeplinear.curvature.", "deeplinear.kernels.")  # their modules are public too
NUMERIC = ("text", "complex", "dates", "masked", "ragged")
WORDS = {"rng", "which", "names", "feature_names", "target_names"}
TAKES_TEXT = re.compile(r"str|Literal|Any|Callable|object|Path")


class Hang(BaseException):
    """A call took too long."""


@dataclass
class Count:
    """What came of the calls.

    Attributes:
        right: calls that were answered.
        refused: calls that were refused in our own words.
        faults: sentences, each with the call.
        names: calls by function.
    """

    right: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        tried = self.right + self.refused + len(self.faults)
        return f"tried {tried}, right {self.right}, refused {self.refused}, faults {len(self.faults)}"


def takes_what_users_pass(function: Any) -> bool:
    """Whether a function is for users: none of its arguments is what only this package makes."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    inner = {"Array", "Start", "Chain", "NDArray[np.intp]", "Learner"}
    return not any(p.annotation in inner or (p.name == "function" and p.annotation == "str") for p in parameters)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions and the classes that users build, by the name under which they are called."""
    seen: set[int] = set()
    places = [("dl", dl)] + [(f"dl.{room}", getattr(dl, room)) for room in ROOMS]
    while places:
        path, place = places.pop(0)
        names = getattr(place, "__all__", None) or [n for n in vars(place) if not n.startswith("_")]
        for name in names:
            thing = getattr(place, name)
            inside = isinstance(thing, types.ModuleType) and thing.__name__.startswith(QUESTIONS)
            if inside and hasattr(place, "__all__") and thing.__name__ not in ("deeplinear.exact.checks",):
                places.append((f"{path}.{name}", thing))
            if id(thing) in seen or not callable(thing) or name in LEFT_ALONE:
                continue
            own = getattr(thing, "__module__", "").startswith("deeplinear")
            if not own or (not hasattr(place, "__all__") and thing.__module__ != place.__name__):
                continue
            if (inspect.isfunction(thing) and takes_what_users_pass(thing)) or name in BUILT:
                seen.add(id(thing))
                yield f"{path}.{name}", thing


def instances(world: World) -> list[tuple[str, Any]]:
    """Objects whose public methods are called."""
    x = dl.generalisation
    laws = [
        dl.spectra.FussCatalan(3),
        dl.spectra.MarchenkoPastur(0.5),
        dl.spectra.QuarterCircle(),
        dl.spectra.Triangle(),
    ]
    laws += [dl.spectra.GinibreProduct(2), laws[0].singular_values(), laws[0].logarithm()]
    return [
        ("Task", world.white),
        ("Task", world.data),
        ("Task class", dl.Task),
        ("Curve", world.curve),
        ("Run", world.run),
        ("Law", world.law),
        ("Network", world.networks[0]),
        ("MeanField", dl.propagation.MeanField("tanh", 1.5, 0.3)),
        ("NoisyTeacher", x.NoisyTeacher((6.0, 3.0), n_in=20, n_out=10)),
        ("HighDimensional", x.HighDimensional(ratio=0.5, noise=0.2, teacher=1.0)),
        ("Realised", x.Realised(world.white, np.diag([3.0, 1.0, 0.0])[:2])),
        ("Consistency", dl.consistency(world.data)),
        ("JacobianLaw", dl.propagation.jacobian_spectrum("hard_tanh", gain=1.05, depth=2, input_variance=1.0)),
        *[(type(law).__name__, law) for law in laws],
    ]


def methods(world: World) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Bound public methods of these objects."""
    for label, thing in instances(world):
        for name in dir(thing):
            static = inspect.getattr_static(thing, name)
            if (
                name in LEFT_ALONE
                or (name.startswith("_") and name != "__call__")
                or (not callable(static) and not isinstance(static, classmethod))
            ):
                continue
            if label == "Task class" and not isinstance(static, classmethod):
                continue
            method = getattr(thing, name)
            if callable(method) and takes_what_users_pass(method) and inspect.ismethod(method):
                yield f"{label}.{name}", method


def arguments(world: World, rng: np.random.Generator, function: Callable[..., Any]) -> dict[str, Draw]:
    """Drawn arguments, by name; optional ones are left out more often than not."""
    drawn = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is parameter.empty or rng.random() < 0.35:
            drawn[parameter.name] = draw(world, rng, parameter)
    return drawn


def numbers_in(result: Any, depth: int = 0) -> Iterator[np.ndarray]:
    """Arrays of floats in a result, however it is packed."""
    if isinstance(result, np.ndarray | np.generic | float):
        array = np.asarray(result)
        if array.dtype.kind in "fc":
            yield array
    elif isinstance(result, tuple | list) and depth < 3:
        for each in result:
            yield from numbers_in(each, depth + 1)
    elif isinstance(result, dl.Curve):
        yield from (result.loss, result.strengths, result.targets)


def announced(function: Callable[..., Any], what: str) -> bool:
    """Whether a docstring says that NaN or infinity may come out."""
    words = {"NaN": "NaN|nan", "inf": "inf|-inf|∞|grows without"}[what]
    owner = getattr(function, "__self__", None)
    texts = [inspect.getdoc(function) or ""]
    texts += [inspect.getdoc(type(owner)) or ""] if owner is not None else []
    return any(re.search(words, text) for text in texts)


def same(before: Any, after: Any) -> bool:
    """Whether an argument was left as it was; what cannot be compared counts as such."""
    if isinstance(before, np.ndarray):
        return before.dtype.kind == "O" or np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(same, before, after))
    return True


def copied(value: Any) -> Any:
    """A copy to compare with, of arrays and lists of them."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return type(value)(map(copied, value)) if type(value) in (list, tuple) else value


def verdict(function: Callable[..., Any], drawn: dict[str, Draw], seconds: float) -> tuple[str, str]:
    """``right``, ``refused`` or ``fault``, and why."""
    values = {name: each.value for name, each in drawn.items()}
    before = {name: copied(value) for name, value in values.items()}
    states = repr(np.random.get_state(legacy=False)["state"]), random.getstate()  # noqa: NPY002  (it is what must not change)
    try:
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always")
            signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor: other programs may keep it busy
            signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)
            try:
                result = function(**values)
                if inspect.isgenerator(result):
                    result = list(result)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.setitimer(signal.ITIMER_REAL, 0)
    except Hang:
        return "fault", f"no answer within {seconds:g} s"
    except Exception as error:
        frames = inspect.getinnerframes(error.__traceback__)
        ours = frames[-1].filename.startswith(HOUSE) and isinstance(error, ValueError | TypeError | RuntimeError)
        if ours and OURS.search(str(error)) and len(str(error)) < 1500:
            return "refused", str(error)
        return (
            "fault",
            f"{type(error).__name__}: {str(error)[:300]} [{Path(frames[-1].filename).name}:{frames[-1].lineno}]",
        )
    if raised:
        return (
            "fault",
            f"warning {raised[0].category.__name__}: {str(raised[0].message)[:200]} [{raised[0].filename}:{raised[0].lineno}]",
        )
    if not all(same(before[name], values[name]) for name in values):
        return "fault", "an argument was changed"
    if (repr(np.random.get_state(legacy=False)["state"]), random.getstate()) != states:  # noqa: NPY002
        return "fault", "the global random state was changed"
    parameters, words = inspect.signature(function).parameters, inspect.getdoc(function) or ""
    for name, each in drawn.items():
        if each.kind == "complex" and re.search(rf"^ +{name}: .*complex", words, re.MULTILINE):
            continue
        if each.kind in NUMERIC and not TAKES_TEXT.search(str(parameters[name].annotation)) and name not in WORDS:
            return "fault", f"{each.kind} was taken for {name}"
    if not any(each.kind in ("infinite", "NaN") for each in drawn.values()):
        for array in numbers_in(result):
            if np.isnan(array).any() and not announced(function, "NaN"):
                return "fault", "NaN from finite input"
            if np.isinf(array).any() and not announced(function, "inf"):
                return "fault", "infinity from finite input"
    return "right", ""


def one_line(value: Any) -> str:
    """A value as a fault repeats it."""
    text = " ".join(repr(value).split())
    return text if len(text) < 160 else text[:157] + "…"


@contextmanager
def ringing() -> Iterator[None]:
    """Inside this block an alarm ends a call that takes too long."""

    def ring(*_: Any) -> None:
        raise Hang

    outer = {which: signal.signal(which, ring) for which in (signal.SIGALRM, signal.SIGPROF)}
    try:
        yield
    finally:
        for which, handler in outer.items():
            signal.signal(which, handler)


def fuzz(calls: int, seed: int, *, seconds: float = 10.0, only: str = "", show: bool = False) -> Count:
    """That many random calls; reproducible from the seed."""
    world, count = World(), Count()
    subjects = [pair for pair in [*functions(), *methods(world)] if re.search(only, pair[0])]
    with ringing():
        for number in range(calls):
            rng = np.random.default_rng([seed, number])
            name, function = subjects[int(rng.integers(len(subjects)))]
            drawn = arguments(world, rng, function)
            outcome, why = verdict(function, drawn, seconds)
            count.names[name] += 1
            if outcome == "fault":
                call = ", ".join(f"{key}={one_line(each.value)}" for key, each in drawn.items())
                count.faults.append(f"[{number}] {name}({call}): {why}")
                if show:
                    sys.stdout.write(count.faults[-1] + "\n")
            elif outcome == "refused":
                count.refused += 1
            else:
                count.right += 1
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0, help="longest time for one call")
    parser.add_argument("--only", default="", help="a regular expression for the names of functions")
    asked = parser.parse_args()
    found = fuzz(asked.calls, asked.seed, seconds=asked.seconds, only=asked.only, show=True)
    sys.stdout.write(f"{found}; {len(found.names)} functions and methods\n")
    sys.exit(bool(found.faults))
