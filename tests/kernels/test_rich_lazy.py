import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.exact.conftest import build_task, build_weights
from tests.kernels.conftest import descend, product, random_layers

from deeplinear import Task
from deeplinear.exact import ntk, solve
from deeplinear.initial import balanced, gaussian
from deeplinear.kernels import kernel_distance, silent_alignment
from deeplinear.kernels.rich_lazy import LAZY, RICH, judge, regime

END = 3e-4  # the flow is integrated until the map is within 1e-4 of its end


def layers_of(u, lam):
    """Strengths a, b of two layers with ab = u and b² − a² = λ >= 0."""
    b = np.sqrt((np.sqrt(lam**2 + 4 * u**2) + lam) / 2)
    return np.array([u / b, b])


def balanced_pair(task, hidden, lam, u0):
    k = len(task.modes.s)
    return build_weights(task, hidden, layers_of(np.full(k, u0), lam), rng=np.random.default_rng(7))


@pytest.mark.parametrize("n_in", [3, 5])
def test_imbalance_takes_two_layers_from_rich_to_lazy(n_in):
    """In the basis of the modes the kernel is diagonal, b_i² + a_j²: what it moves by is known."""
    s, u0 = np.array([2.0, 1.5, 1.0]), 1e-2
    task = build_task(s, n_in, 3, rng=np.random.default_rng(8))
    movements, verdicts, plateaus = [], [], []
    for lam in (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 20.0, 50.0):
        found = regime(task, balanced_pair(task, [3], lam, u0))
        a0, b0 = layers_of(np.full(3, u0), lam)
        a1, b1 = layers_of(s, lam)
        k0, k1 = (np.add.outer(b**2, np.pad(a**2, (0, n_in - 3))) for a, b in ((a0, b0), (a1, b1)))
        assert_allclose(found.movement, np.linalg.norm(k1 - k0) / np.linalg.norm(k1), rtol=END)
        assert_allclose(found.growth, np.linalg.norm(k1) / np.linalg.norm(k0), rtol=END)
        assert_allclose(
            found.turn, 1 - np.vdot(k0, k1) / np.linalg.norm(k0) / np.linalg.norm(k1), rtol=1e-4, atol=1e-6
        )  # of 1: what two vectors that nearly agree leave
        assert_allclose(found.imbalance, lam / (2 * s), rtol=1e-9, atol=1e-12)
        assert_allclose(found.strengths, u0 / s, rtol=1e-9)
        assert_allclose(found.scale, u0 * np.sqrt(3) / np.linalg.norm(s), rtol=1e-9)
        movements.append(found.movement)
        verdicts.append(found.verdict)
        plateaus.append(found.plateau)
    assert (np.diff(movements) < 0).all()
    assert (np.diff(plateaus) < 0).all()
    assert movements[0] > 0.98
    assert movements[-1] < 0.01
    assert verdicts == sorted(verdicts, key=["rich", "between", "lazy"].index)
    assert set(verdicts) == {"rich", "between", "lazy"}


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.6, 0.69, 0.73, 1.0, 3.0, 4.1, 4.4, 8.0, 50.0])
def test_verdict_matches_the_shape_of_the_learning_curve(lam):
    """Sigmoidal: the speed of the strength rises somewhere on the way. Exponential: its rate stays within a tenth."""
    task, rate = Task.from_modes([1.0]), 2e-3 / max(lam, 1.0)
    pair = [layer.reshape(1, 1) for layer in layers_of(1e-3, lam)]
    found = regime(task, pair)
    _, _, kept = descend(task, pair, steps=6000, rate=rate, keep=1)
    u = (kept[0] * kept[1]).ravel()
    u = u[u < 0.9999]
    speed = np.diff(u) / rate
    assert (found.verdict == "rich") == bool((np.diff(speed) > 1e-10).any())
    rates = speed / (1 - u[:-1])
    assert (found.verdict == "lazy") == bool(rates.min() > (1 - LAZY) * rates.max())
    if found.verdict == "lazy":
        assert_allclose(rates, lam, rtol=LAZY)  # the rate stays within a tenth, by definition
        assert_allclose(
            found.plateau / found.transition, np.log(1 / 0.9) / np.log(9), rtol=0.03
        )  # of an exponential; the rate drifts by a tenth
    if lam == 0:
        assert found.plateau > found.transition


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_balanced_layers_called_rich_have_an_inflection_ahead(depth):
    """tau du/dt = L u^p (s − u), p = 2 − 2/L, has one iff u0 < s p/(1 + p)."""
    p = 2 - 2 / depth
    for u0 in np.linspace(0.05, 0.95, 10):
        found = regime(Task.from_modes([1.0]), [np.array([[u0 ** (1 / depth)]])] * depth)
        assert_allclose(found.movement, 1 - u0**p, atol=END)
        if found.verdict == "rich":
            assert u0 < p / (1 + p)
        if found.verdict == "lazy":
            assert u0 > p / (1 + p)
    assert regime(Task.from_modes([1.0]), [np.array([[0.01 ** (1 / depth)]])] * depth).verdict == "rich"


def test_wide_gaussian_networks_from_small_to_large():
    task = Task.from_modes([3.0, 2.0, 1.0], n_in=4)
    found = [
        regime(task, random_layers([4, 200, 3], np.random.default_rng(9), scale))
        for scale in (1e-3, 0.1, 1.0, 3.0, 30.0)
    ]
    assert [one.verdict for one in found] == ["rich", "rich", "between", "lazy", "lazy"]
    assert [one.movement > other.movement for one, other in itertools.pairwise(found)] == [True] * 4
    assert found[0].movement > 0.9999
    assert found[0].plateau > found[0].transition
    assert found[-1].plateau < 0.1 * found[-1].transition
    narrow = regime(task, random_layers([4, 4, 3], np.random.default_rng(9), 30.0))
    assert narrow.movement > found[-1].movement


def test_depth_three():
    task = Task.from_modes([2.0, 1.0], n_in=3)
    found = [regime(task, random_layers([3, 60, 60, 2], np.random.default_rng(10), scale)) for scale in (0.1, 1.0, 3.0)]
    assert [one.verdict for one in found] == ["rich", "between", "lazy"]
    layers = random_layers([3, 60, 60, 2], np.random.default_rng(10), 1.0)
    spectral = max(np.linalg.norm(b.T @ b - a @ a.T, 2) for a, b in itertools.pairwise(layers))
    assert_allclose(found[1].imbalance, spectral / (2 * np.array([2.0, 1.0]) ** (2 / 3)), rtol=1e-9)
    assert_allclose(found[1].strengths, np.diag(product(layers)) / [2.0, 1.0], rtol=1e-9)


def test_shallow_networks_are_lazy():
    found = regime(Task.from_modes([2.0, 1.0]), ([[0.1, 0.0], [0.3, 0.0]],))
    assert (found.movement, found.turn, found.verdict) == (0.0, 0.0, "lazy")
    assert (found.imbalance == 0).all()


def test_large_starts_that_shrink_are_not_rich():
    found = regime(Task.from_modes([1.0]), ([[10.0]], [[10.0]]))
    assert_allclose(found.movement, 0.99, rtol=END)
    assert found.verdict == "between"
    assert "a large start is unlearned" in str(found)
    turned = regime(Task.from_modes([1.0, 0.0]), (np.diag([0.05, 1.0]), np.diag([0.05, 1.0])))
    assert turned.verdict == "rich"


def test_movement_is_measured_on_the_inputs():
    task = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(11), powers=[2.0, 0.5, 0.1])
    w, rng = random_layers([3, 4, 2], np.random.default_rng(12)), np.random.default_rng(13)
    x = np.linalg.qr(rng.normal(size=(8, 3)))[0] @ np.linalg.cholesky(task.input_correlation).T
    end = [v + 0.3 * rng.normal(size=v.shape) for v in w]
    k0, k1 = (ntk.kernel(ntk.factors(layers), x) for layers in (w, end))
    found = judge(ntk.factors(w), ntk.factors(end), task, w)
    sizes = np.linalg.norm(k0), np.linalg.norm(k1)
    assert_allclose(found.movement, np.linalg.norm(k1 - k0) / max(sizes), rtol=1e-9)
    assert_allclose(found.growth, sizes[1] / sizes[0], rtol=1e-9)
    back = judge(ntk.factors(end), ntk.factors(w), task, end)
    assert_allclose(back.movement, found.movement, rtol=1e-9)
    assert_allclose(back.alignment, found.alignment[::-1], rtol=1e-9)


def test_saddles_are_reported():
    task, w = Task.from_modes([2.0, 1.0]), (np.diag([0.5, 0.5]), np.diag([0.5, -0.5]))
    found = regime(task, w)
    assert_allclose(found.unlearned, 1.0 / (1.75**2 + 1.25**2), rtol=1e-6)
    exact = regime(task, w, law=solve(task, w))
    assert_allclose(exact.unlearned, found.unlearned, rtol=1e-6)
    assert_allclose(exact.movement, found.movement, rtol=END)
    assert "ends        at a saddle" in str(found)


def test_small_deep_starts_turn_by_at_most_one_and_learn():
    """Kernels of sizes 1e8 to 1e17 apart, and learning after one plateau or more."""
    task = Task.from_modes([3.0, 2.0, 1.0])
    for hidden, std in (([20, 20, 20], 0.01), ([4, 4, 4], 0.02)):
        weights = gaussian([3, *hidden, 3], std=std, rng=0)
        found, end = regime(task, weights), silent_alignment.final_factors(task, depth=len(weights))
        k0, k1 = (ntk.kernel(factors) for factors in (ntk.factors(weights), end))
        turn = 1 - np.vdot(k0, k1) / np.linalg.norm(k0) / np.linalg.norm(k1)
        assert_allclose(found.turn, turn, rtol=0.02)  # a start that has not vanished ends a part of its size away
        assert (found.unlearned, found.verdict) == (0, "rich")
        assert "saddle" not in str(found)


@pytest.mark.parametrize("depth", [3, 4])
def test_exact_laws_say_which_saddle_is_the_end(depth):
    """Balanced maps keep the sign of their determinant, and integration errors do not."""
    task, seeds = Task.from_modes([3.0, 2.0, 1.0]), {1.0: 0, -1.0: 2}
    for sign, seed in seeds.items():
        weights = balanced([3] * (depth + 1), rng=seed)
        assert np.sign(np.linalg.det(product(weights))) == sign
        found, first = regime(task, weights), np.linalg.norm(product(weights) - np.diag([3.0, 2.0, 1.0])) ** 2
        assert_allclose(found.unlearned, 0 if sign > 0 else 1 / first, rtol=1e-9)
        assert ("at a saddle" in str(found)) == (sign < 0)


def test_a_plateau_that_outlasts_float64_is_no_saddle():
    text = str(replace(regime(Task.from_modes([2.0]), ([[0.1]], [[0.2]])), unlearned=0.25, saddle=False))
    assert "ends        not yet: on a plateau longer than float64 can follow, with 25.0% of the loss left" in text


def test_a_plateau_of_a_start_without_a_law_is_no_saddle():
    """Layers of rank one but for rounding, that do not fit together: what they lack may grow, in the end."""
    rng = np.random.default_rng(0)
    turn = [np.linalg.qr(rng.normal(size=(2, 2)))[0] for _ in range(5)]
    task = Task.from_correlations(np.eye(2), turn[3] @ np.diag([2.0, 1.0]) @ turn[0].T)
    ends = (turn[4], turn[0]), (turn[2], turn[1]), (turn[3], turn[2])
    found = regime(task, [above @ np.diag([0.5, 0.0]) @ below.T for above, below in ends])
    assert found.unlearned > 0.1
    assert not found.saddle
    assert "ends        not yet: on a plateau" in str(found)


def test_an_integrated_law_brings_its_own_tau():
    task, layers = Task.from_modes([2.0, 1.0]), [0.3 * np.eye(2), 0.2 * np.eye(2), 0.4 * np.eye(2)]
    law = solve(task, layers, tau=5.0)
    assert law.kind == "integrated"
    one, five, brought = regime(task, layers), regime(task, layers, tau=5.0), regime(task, layers, law=law)
    times = brought.plateau, brought.transition
    assert_allclose(times, (five.plateau, five.transition), rtol=1e-9)
    assert_allclose(times, (5 * one.plateau, 5 * one.transition), rtol=1e-9)
    tenth, most = (law.time_to_loss(law(0.0).loss[0] * (1 - part)) for part in (0.1, 0.9))
    assert_allclose(times, (tenth, most - tenth), rtol=1e-5)  # an integrator of rtol 1e-8, interpolated


def test_tau_scales_times_and_nothing_else():
    task, w = Task.from_modes([2.0]), ([[0.1]], [[0.2]])
    one, ten = regime(task, w), regime(task, w, tau=10.0)
    assert_allclose((ten.plateau, ten.transition), (10 * one.plateau, 10 * one.transition), rtol=1e-9)
    assert ten.movement == one.movement


def test_thresholds():
    def verdict(movement, growth=2.0):
        found = regime(Task.from_modes([1.0]), ([[0.5]],))
        return type(found)(**(vars(found) | {"movement": movement, "growth": growth})).verdict

    assert (RICH, LAZY) == (2 / 3, 0.1)
    assert [verdict(m) for m in (0.0, 0.1, 0.1001, 0.666, 0.667, 1.2)] == ["lazy"] * 2 + ["between"] * 2 + ["rich"] * 2
    assert verdict(0.9, growth=0.3) == "between"
    assert verdict(0.9, growth=0.4) == "rich"


def test_a_law_gives_the_same_verdict():
    task = build_task([2.0, 1.0], 3, 2, rng=np.random.default_rng(14))
    for lam in (0.0, 3.0):
        w = balanced_pair(task, [2], lam, 0.05)
        law = solve(task, w, tau=5.0)
        exact, integrated = regime(task, w, law=law), regime(task, w, tau=5.0)
        assert exact.verdict == integrated.verdict
        for name in ("movement", "growth", "turn", "alignment", "plateau", "transition"):
            assert_allclose(getattr(integrated, name), getattr(exact, name), rtol=END, atol=1e-4, err_msg=name)
        assert exact.unlearned == 0


@pytest.mark.parametrize(
    ("task", "weights", "message"),
    [
        (Task.from_modes([0.0]), ([[0.1]], [[0.1]]), r"judge needs a task with something to learn, got Σ³¹ = 0"),
        (Task.from_modes([1.0]), ([[0.0]], [[0.0]]), r"movement needs kernels that are not zero"),
        (Task.from_modes([1.0]), ([[1.0, 0.0]],), r"weights need to map the task's 1 inputs"),
        (
            Task.from_modes([1.0] * 200),
            (np.eye(200), np.diag(np.arange(1.0, 201)) + np.eye(200, k=1)),
            r"at most 30000 weights",
        ),
    ],
)
def test_bad_input(task, weights, message):
    with pytest.raises(ValueError, match=message):
        regime(task, weights)


def test_alignment_is_that_of_the_first_and_of_the_last_kernel():
    """From small weights the kernel turns towards the target; what is printed stands in that order too."""
    task = Task.from_modes([3.0, 2.0, 1.0])
    weights = gaussian([3, 20, 3], std=0.01, rng=0)
    found = regime(task, weights)
    first = float(kernel_distance.alignment(ntk.factors(weights), task))
    learned = tuple(np.diag(np.sqrt([3.0, 2.0, 1.0])) for _ in range(2))
    last = float(kernel_distance.alignment(ntk.factors(learned), task))
    assert_allclose(found.alignment, (first, last), rtol=1e-3)  # it is learned up to a part of 1e-4
    assert last > 1.05 * first
    assert f"{found.alignment[0]:.3g} -> {found.alignment[1]:.3g}" in str(found)
