import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl


@pytest.mark.parametrize("depth", [2, 3, 6])
def test_sampled_decoupled_start_moves_as_the_wide_one(task, depth):
    sizes = [task.n_in, *[50] * (depth - 1), task.n_out]
    options = {"rate": 0.05, "steps": 100}
    wide = dl.descend(task, dl.initial.decoupled(task, sizes, strength=0.05, rng=3), **options)
    narrow = dl.descend(task, dl.initial.reduced_decoupled(task, sizes, strength=0.05), **options)
    assert_allclose(narrow.loss, wide.loss, rtol=0, atol=1e-12 * wide.loss[0])
    assert_allclose(narrow.maps, wide.maps, rtol=0, atol=1e-11)


@pytest.mark.parametrize("width", [14, 40])
def test_sampled_orthogonal_start_has_the_law_of_the_wide_one(task, width):
    sizes, draws = [task.n_in, width, width, task.n_out], 400
    first = {"wide": [], "sampled": []}
    for seed in range(draws):
        wide = dl.initial.orthogonal(sizes, gain=1.1, rng=seed)
        start = dl.initial.reduced_orthogonal(task, sizes, gain=1.1, rng=10_000 + seed)
        for name, weights, maps in (
            ("wide", wide, dl.weights.end_to_end(wide)),
            ("sampled", start.weights, start.lift_map(dl.weights.end_to_end(start.weights))),
        ):
            gram = weights[-1] @ weights[-1].T
            assert_allclose(gram, 1.21 * np.eye(task.n_out), atol=1e-12)
            first[name].append([maps[0, 0] ** 2, (maps**2).sum(), np.linalg.norm(maps, 2) ** 2, float(task.loss(maps))])
    wide, sampled = (np.array(first[name]) for name in ("wide", "sampled"))
    error = np.sqrt((wide.var(axis=0) + sampled.var(axis=0)) / draws)
    assert (np.abs(wide.mean(axis=0) - sampled.mean(axis=0)) < 5 * error).all()
    # E W_ij² = g^{2L} / N for a Haar frame, exactly
    total = sampled[:, 1]
    exact = 1.21**3 * task.n_in * task.n_out / width
    assert abs(total.mean() - exact) < 5 * total.std() / np.sqrt(draws)


def test_a_million_wide_a_hundred_deep():
    task = dl.data.digits(inputs="white", reduction="mean")
    start = dl.initial.reduced_orthogonal(task, [task.n_in, *[10**6] * 99, 10], rng=0)
    assert start.reduced_widths[1] <= task.rank + 20
    run = dl.descend(task, start, rate=0.5 / 100, steps=200)
    assert run.loss[-1] - task.floor < 1e-6 * run.loss[0]
    with pytest.raises(ValueError, match="never formed"):
        _ = run.weights


def test_refuses_what_it_cannot_sample(task):
    with pytest.raises(ValueError, match="hidden layers of one width"):
        dl.initial.reduced_orthogonal(task, [task.n_in, 50, 60, task.n_out])
    with pytest.raises(ValueError, match="this very task"):
        dl.descend(
            dl.Task.from_modes([1.0]), dl.initial.reduced_decoupled(task, [task.n_in, 9, task.n_out]), rate=1, steps=1
        )
