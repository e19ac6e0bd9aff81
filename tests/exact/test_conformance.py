"""Every law of the registry on 200 random networks each, against an integrator that it shares no code with."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.exact import draws, extrapolation
from tests.exact.extrapolation import flows, products

from deeplinear import Task, solve
from deeplinear.curvature import task_sharpness
from deeplinear.exact import FORMULAS, ntk
from deeplinear.exact.rank_limited import best_map

DRAWS = 200
ACCURACY = 1e-9  # of maps and layers relative to the largest of the path: what the laws promise
SHAKEN = (
    20 * extrapolation.TOLERANCE
)  # of a weight: a shaken path strays further than the reference itself, by its local error
LOST = 1e-3  # beyond this sensitivity to rounding the weights no float64 result means anything: saddles
LONGEST = 50.0  # times run to this over the smallest singular value
GRID = np.concatenate([[0.0], np.geomspace(1e-3, 1.0, 15)])


def deep(rng):
    return int(rng.integers(3, 6))


NETWORKS = {
    "shallow": draws.shallow,
    "two-layer sigmoid": lambda rng: draws.decoupled(2, rng, draws.signed_pair),
    "two-layer hyperbolic": lambda rng: draws.decoupled(2, rng, draws.imbalanced),
    "equal layers": lambda rng: draws.decoupled(deep(rng), rng, draws.equal),
    "unequal layers": lambda rng: draws.decoupled(deep(rng), rng, draws.unequal),
    "task-aligned two-layer sigmoid": lambda rng: draws.decoupled(2, rng, draws.signed_pair, aligned=True),
    "task-aligned two-layer hyperbolic": lambda rng: draws.decoupled(2, rng, draws.imbalanced, aligned=True),
    "task-aligned equal layers": lambda rng: draws.decoupled(deep(rng), rng, draws.equal, aligned=True),
    "task-aligned unequal layers": lambda rng: draws.decoupled(deep(rng), rng, draws.unequal, aligned=True),
    "two-layer matrix Riccati": draws.lambda_balanced,
    "end-to-end flow": lambda rng: draws.balanced(int(rng.integers(2, 5)), rng),
}


def test_every_flow_is_drawn():
    flowing = [formula.name for formula in FORMULAS if formula.kind != "recursion"]
    assert [next(name for name in NETWORKS if formula.startswith(name)) for formula in flowing] == list(NETWORKS)


def shaken(weights, rng):
    """Weights moved a little: each entry at random, and no two layers by the same share, which parts layers that were equal."""
    tilts = np.linspace(-1.0, 1.0, len(weights))
    sizes = [SHAKEN * (tilt + rng.uniform(-1, 1, w.shape)) for tilt, w in zip(tilts, weights, strict=True)]
    return tuple(w * (1 + size) for w, size in zip(weights, sizes, strict=True))


def reference(networks, times, rng):
    """Layers by extrapolation, and again from weights shaken twice: one shake alone may miss the direction that grows."""
    truth, moved = {}, {}
    for depth in sorted({len(weights) for _, weights in networks}):
        members = [i for i, (_, weights) in enumerate(networks) if len(weights) == depth]
        exact = [networks[i] for i in members]
        shakes = [(t, shaken(ws, rng)) for _ in range(2) for t, ws in exact]
        found = flows([*exact, *shakes], np.tile(times[members], (3, 1)))
        truth |= dict(zip(members, found[: len(exact)], strict=True))
        both = zip(found[len(exact) : 2 * len(exact)], found[2 * len(exact) :], strict=True)
        moved |= dict(zip(members, both, strict=True))
    return truth, moved


def worst(found, truth):
    """Largest difference at each time, and the largest so far: what was lost once stays lost."""
    return np.maximum.accumulate(np.abs(found - truth).max(axis=(1, 2)))


def comparable(sensitivity, growth):
    """Times at which shaken weights still give the same path, and gave it closely enough one time before."""
    return (sensitivity < LOST) & (np.append(0.0, sensitivity[:-1]) * growth < LOST)


@pytest.mark.parametrize("name", NETWORKS)
def test_against_extrapolation(name):
    rng = np.random.default_rng(list(NETWORKS).index(name))
    networks = [NETWORKS[name](rng) for _ in range(DRAWS)]
    times = np.outer([LONGEST / task.modes.s[: task.rank].min() for task, _ in networks], GRID)
    truth, moved = reference(networks, times, rng)
    compared, turning = 0, 0
    declared = next(formula.monotone for formula in FORMULAS if formula.name.startswith(name))
    for i, (task, weights) in enumerate(networks):
        law, maps = solve(task, weights, law=name), products(truth[i])
        size = max(float(np.linalg.norm(task.optimum, 2)), float(np.abs(maps).max()))
        sensitivity = np.max([worst(products(each), maps) for each in moved[i]], axis=0) / size
        growth = 1.0
        room = min(task.rank, *(len(w) for w in weights))
        if task.loss(law.final_map) > task.loss(best_map(task, room)) + 1e-8 * size**2:
            # a saddle: the reference leaves it by rounding, perhaps between two times
            others = max(1.0, *(float(np.linalg.norm(w, 2, axis=(1, 2)).max()) for w in truth[i])) ** (len(weights) - 2)
            growth = np.exp(np.minimum(task.modes.s[0] * others * np.diff(times[i], prepend=0.0), 700.0))
        sure = comparable(sensitivity, growth)
        allowed = ACCURACY + sensitivity
        compared += sure.sum()
        curve, where = law(times[i]), f"network {i}, {law.ending}"
        for values in (curve.loss, curve.maps, curve.strengths):
            assert np.isfinite(values).all(), where
        assert (worst(curve.maps, maps) / size <= allowed)[sure].all(), where
        assert_allclose(curve.maps[0], maps[0], atol=1e-14 * size)
        assert_allclose(curve.strengths, task.strengths(curve.maps), atol=1e-12 * size)
        scale = max(float(task.loss(maps[0])), float(size**2))
        assert (np.abs(curve.loss - task.loss(maps)) <= 10 * allowed * scale)[sure].all(), where
        assert (np.diff(curve.loss) <= 1e-9 * scale).all(), where  # gradient flow only goes down
        turning += turns(curve.strengths, size)
        assert sure.all() or law.ending != "the best linear map", where
        best = np.abs(law.final_map - task.optimum).max() <= 1e-8 * size
        assert best == (law.ending == "the best linear map"), where
        if declared and task.rank == len(task.modes.s):  # all else ends as a power of time, or is not known in advance
            late = law([1e9])
            assert np.abs(late.maps[0] - law.final_map).max() <= 1e-8 * size, where
        if i % 4 == 0:
            compare_layers(law, times[i], truth[i], moved[i], growth, where)
            assert position(solve(task, weights).name) <= position(name), where
    assert (turning == 0) == declared
    assert compared > 0.7 * DRAWS * len(GRID)


def turns(strengths, size):
    """Whether any strength both rises and falls."""
    steps = np.diff(strengths, axis=0)
    return bool(((steps > 1e-9 * size).any(axis=0) & (steps < -1e-9 * size).any(axis=0)).any())


def position(law):
    """Where in the list of laws; "solve" may find a more special one than was drawn."""
    return next(i for i, name in enumerate(NETWORKS) if law.startswith(name))


def compare_layers(law, times, truth, moved, growth, where):
    """Layers where the law has them, the factors of the kernel where it has not."""
    size = max(float(np.abs(w).max()) for w in truth)
    sensitivity = np.max([worst(a, b) for each in moved for a, b in zip(each, truth, strict=True)], axis=0)
    sure = comparable(sensitivity / size, growth)
    allowed = ACCURACY * size + sensitivity
    if law.trajectory.weights is not None:
        pairs = zip(law.weights(times), truth, strict=True)
    else:
        allowed = allowed * len(truth) * max(1.0, size) ** (2 * len(truth) - 3)
        both = zip(law.factors(times), ntk.factors(truth), strict=True)
        pairs = ((a, b) for ours, theirs in both for a, b in zip(ours, theirs, strict=True))
    for found, true in pairs:
        assert (worst(found, true) <= allowed)[sure].all(), where


def descent(task, weights, rate, steps):
    """Layers after each of these many steps of plain gradient descent, shape ``(steps + 1, n_l, n_{l-1})``."""
    layers, found = [w.copy() for w in weights], [[w] for w in weights]
    for _ in range(steps):
        below = [np.eye(task.n_in)]
        for w in layers:
            below.append(w @ below[-1])
        panel = task.input_output_correlation - below[-1] @ task.input_correlation
        moves = []
        for w, under in zip(layers[::-1], below[-2::-1], strict=True):
            moves.append(panel @ under.T)
            panel = w.T @ panel
        layers = [w + rate * move for w, move in zip(layers, moves[::-1], strict=True)]
        for record, w in zip(found, layers, strict=True):
            record.append(w)
    return [np.stack(record) for record in found]


def test_recursion_against_descent():
    rng = np.random.default_rng(99)
    steps, compared = 60, 0
    for i in range(DRAWS):
        depth = int(rng.integers(1, 6))
        task, weights = draws.decoupled(
            depth, rng, [draws.equal, draws.unequal][i % 2], aligned=bool(rng.random() < 0.5)
        )
        share = rng.choice([0.1, 0.9, 1.8, 2.1])  # of 1 / sharpness: the last is past the edge
        rate = share / task_sharpness(task, depth)
        law = solve(task, weights, tau=1 / rate, law="discrete")
        curve = law(np.arange(steps + 1))
        assert law.kind == "recursion"
        nudged = shaken(weights, rng)
        with np.errstate(over="ignore", invalid="ignore"):
            true, moved = descent(task, weights, rate, steps), descent(task, nudged, rate, steps)
            maps, pairs = products(true), [*zip(moved, true, strict=True), (products(moved), products(true))]
            sensitivity = np.max([worst(a, b) for a, b in pairs], axis=0)
        size = max(float(np.linalg.norm(task.optimum, 2)), float(np.abs(weights[0]).max()))
        allowed = ACCURACY * size + sensitivity
        regular = np.isfinite(allowed) & (allowed < LOST * size)
        assert not np.isnan(curve.maps).any()
        assert not np.isnan(curve.loss).any()
        for found, w in zip((curve.maps, *law.weights(np.arange(steps + 1))), (maps, *true), strict=True):
            assert (worst(found[regular], w[regular]) <= allowed[regular]).all(), (i, share)
        compared += regular.sum()
    assert compared > 0.8 * DRAWS * steps


def test_a_recursion_is_only_used_when_asked_for():
    law = solve(Task.from_modes([2.0, 1.0]), (np.diag([0.1, 0.2]),) * 2, tau=10.0)
    steps = solve(law.task, (np.diag([0.1, 0.2]),) * 2, tau=10.0, law="discrete descent")
    assert law.kind == "closed form"
    for question in (
        lambda: steps.time_to_loss(0.1),
        lambda: steps.ending,
        lambda: steps.final_map,
        lambda: steps.singular([1]),
    ):
        with pytest.raises(
            ValueError, match=r"needs a law of gradient flow, got 'discrete descent.*np.arange\(steps\)"
        ):
            question()
    with pytest.raises(ValueError, match=r"law needs whole t >= 0, got t=0.5"):
        steps([0.5])
    assert_allclose(steps.half_times, law.half_times, rtol=0.2)  # finite steps delay by 13 %
    wild = solve(law.task, (np.diag([0.1, 2.0]),) * 2, tau=0.1, law="discrete descent")
    assert np.isinf(wild([50]).loss).all()
    assert np.isinf(wild([50]).maps).all()
    assert np.isinf(wild.weights([50])[0]).all()
