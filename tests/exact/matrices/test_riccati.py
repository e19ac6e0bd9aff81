"""The Riccati solution against its own equation, 60-digit arithmetic of the one-jump formula, and its saddles."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.conftest import CLOSED_FORM, INTEGRATOR
from tests.exact.conftest import frame

from deeplinear.exact import unequal
from deeplinear.exact.matrices.riccati import Riccati, triangular

# s, n_in, n_hidden, n_out
SHAPES = {
    "square": ([2.5, 1.2, 0.4], 3, 3, 3),
    "bottleneck": ([2.5, 1.2, 0.4], 5, 2, 3),
    "over-complete": ([2.0, 0.7], 2, 7, 3),
    "one hidden unit": ([2.0, 0.7, 0.3], 3, 1, 4),
    "many inputs": ([1.5, 0.8], 6, 3, 2),
    "rank-deficient": ([1.5, 0.0, 0.0], 3, 2, 4),
    "degenerate": ([1.5, 1.5, 0.6], 4, 4, 3),
    "nothing to learn": ([0.0, 0.0], 2, 3, 4),
    "scalar": ([1.3], 1, 1, 1),
}
IMBALANCES = [-5.0, -1.0, -1e-8, 0.0, 1e-8, 0.7, 5.0]


def start(shape, imbalance, seed=0, scale=0.5):
    """Any Q_0 whatever: its product obeys the Riccati equation with any λ, balanced or not."""
    s, n_in, hidden, n_out = SHAPES[shape]
    rng = np.random.default_rng(seed)
    return Riccati(
        np.array(s), imbalance, scale * rng.normal(size=(n_in, hidden)), scale * rng.normal(size=(n_out, hidden))
    )


def drive(path):
    """F as a dense matrix."""
    n_in, n_out = len(path.inputs), len(path.outputs)
    f = np.diag(np.repeat([-path.imbalance / 2, path.imbalance / 2], [n_in, n_out]))
    for i, s in enumerate(path.s):
        f[i, n_in + i] = f[n_in + i, i] = s
    return f


def square(path, t):
    """``Q Qᵀ`` at these times."""
    q = np.concatenate(path.halves(np.asarray(t, dtype=float)), axis=1)
    return q @ np.swapaxes(q, 1, 2)


def one_jump(path, t, digits):
    """Section 5.2 as printed, F and its exponentials by a dense eigensolver, with digits for what it cancels."""
    with mpmath.workdps(digits):
        omega, e = mpmath.eigsy(mpmath.matrix(drive(path).tolist()))
        q = mpmath.matrix(np.concatenate([path.inputs, path.outputs]).tolist())
        c = e.T * q
        phi = [mpmath.expm1(2 * w * t) / (2 * w) if abs(w) > mpmath.mpf(10) ** (-digits + 20) else t for w in omega]
        m = mpmath.eye(c.cols) + c.T * mpmath.diag(phi) * c
        grown = e * mpmath.diag([mpmath.exp(w * t) for w in omega]) * c
        out = grown * mpmath.inverse(m) * grown.T
        return np.array(out.tolist(), dtype=float)


@pytest.mark.parametrize("shape", SHAPES)
def test_against_sixty_digits(shape):
    for imbalance in IMBALANCES:
        path, times = start(shape, imbalance), [0.0, 0.3, 4.0, 25.0]
        got = square(path, times)
        for x, t in zip(got, times, strict=True):
            want = one_jump(path, t, 60 + int(t * float(path.rates.max())))
            assert_allclose(
                x, want, rtol=0, atol=CLOSED_FORM * max(np.abs(want).max(), 1e-3), err_msg=f"{imbalance}, {t}"
            )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("imbalance", [-1.0, 0.0, 0.3])
def test_solves_its_equation(shape, imbalance):
    path, h = start(shape, imbalance), 0.02
    f, weights = drive(path), np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280]) / h
    for t in (0.5, 2.0):
        x = square(path, t + h * np.arange(-4, 5))
        middle = x[4]
        # central difference of order eight: h⁸ times a ninth derivative, and rounding over h
        assert_allclose(
            np.tensordot(weights, x, 1), f @ middle + middle @ f - middle @ middle, rtol=0, atol=INTEGRATOR * 0.1
        )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("imbalance", [-5.0, 0.0, 1e-8, 1.0])
def test_starts_there_again(shape, imbalance):
    path = start(shape, imbalance)
    assert_allclose(square(path, [0.0])[0], square_of(path.inputs, path.outputs), rtol=0, atol=1e-14 * len(path.rates))
    for first, second in ((0.4, 1.1), (3.0, 20.0)):
        a, b = path.halves(np.array([first]))
        again = Riccati(path.s, imbalance, a[0], b[0])
        assert_allclose(square(again, [second]), square(path, [first + second]), rtol=0, atol=CLOSED_FORM * 5)


def square_of(a, b):
    q = np.concatenate([a, b])
    return q @ q.T


@pytest.mark.parametrize("imbalance", [-5.0, -1e-8, 0.0, 1e-3, 4.0])
def test_one_unit_is_the_hyperbola(imbalance):
    a0 = 0.3 if imbalance >= 0 else np.sqrt(0.09 - imbalance)
    b0 = np.sqrt(a0**2 + imbalance)
    t = np.array([0.0, 0.5, 2.0, 9.0, 1e3])
    a, b = Riccati(np.array([1.7]), imbalance, np.array([[a0]]), np.array([[b0]])).halves(t)
    want = np.stack(unequal.layers(t, s=1.7, a0=a0, b0=b0))
    assert_allclose(
        [(a * a).ravel(), (b * b).ravel(), (a * b).ravel()],
        [want[0] ** 2, want[1] ** 2, want.prod(0)],
        rtol=CLOSED_FORM,
    )


@pytest.mark.parametrize("shape", [name for name in SHAPES if name != "nothing to learn"])
@pytest.mark.parametrize("imbalance", [-5.0, -1e-8, 0.0, 1e-8, 0.7, 5.0])
def test_the_limit_is_where_late_times_are(shape, imbalance):
    path = start(shape, imbalance)
    still = square(path, [1e12])[0]  # what a zero rate lets fall falls like 1/t
    assert_allclose(square_of(*path.limit), still, rtol=0, atol=2e-11 if 0 in path.rates else CLOSED_FORM * 10)
    growing = np.where(drive_values(path) > 1e-9)[0]
    rank = min(len(growing), path.inputs.shape[1])
    assert path.limit[0].shape == (len(path.inputs), min(rank, path.inputs.shape[1]))
    top = np.sort(drive_values(path)[growing])[::-1][:rank]
    # a stationary point whose pull is spent: twice the strongest eigenvalues of F, as many as there are hidden units
    assert_allclose(np.linalg.eigvalsh(still)[::-1][:rank], 2 * top, rtol=1e-7, atol=2e-7)
    for t in (1e3, 1e6):
        assert np.isfinite(square(path, [t])).all()


def drive_values(path):
    return np.linalg.eigvalsh(drive(path))


def balanced_square(n, rng, sign, imbalance=0.0):
    """A λ-balanced start of a square task ``S > 0`` whose map has a determinant of this sign, and the task's s."""
    s, sizes = np.sort(rng.uniform(0.5, 2.5, n))[::-1], rng.uniform(0.1, 0.4, n)
    left, right = frame(n, n, rng), frame(n, n, rng)
    left[:, 0] *= sign * np.sign(np.linalg.det(left) * np.linalg.det(right))
    weak, strong = sizes, np.sqrt(sizes**2 + abs(imbalance))
    first, last = (weak, strong) if imbalance >= 0 else (strong, weak)
    turn = frame(n + 2, n, rng) if imbalance == 0 else frame(n, n, rng)
    return Riccati(s, imbalance, (right * first) @ turn.T, (left * last) @ turn.T)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_the_sign_of_the_determinant_decides(n):
    rng = np.random.default_rng(n)
    for _ in range(10):
        good, bad = balanced_square(n, rng, 1), balanced_square(n, rng, -1)
        assert good.missing.size == 0
        assert (bad.missing == [n - 1]).all()
        best, saddle = (path.limit[1] @ path.limit[0].T for path in (good, bad))
        assert_allclose(best, np.diag(good.s), atol=CLOSED_FORM)
        assert_allclose(saddle, np.diag(np.where(np.arange(n) < n - 1, bad.s, 0.0)), atol=CLOSED_FORM)
        late = bad.halves(np.array([1e3, 1e6]))  # plain integration leaves the saddle by 36 / s
        residual = np.diag(bad.s) - late[1] @ np.swapaxes(late[0], 1, 2)
        assert_allclose(np.linalg.norm(residual, 2, axis=(1, 2)), bad.s[-1], rtol=CLOSED_FORM)


def test_half_of_random_starts_miss_the_weakest_mode():
    rng, draws, missed = np.random.default_rng(5), 200, 0
    for _ in range(draws):
        left, right, turn, sizes = frame(3, 3, rng), frame(3, 3, rng), frame(3, 3, rng), rng.uniform(0.1, 1.0, 3)
        path = Riccati(np.array([2.0, 1.0, 0.5]), 0.0, (right * sizes) @ turn.T, (left * sizes) @ turn.T)
        wrong = np.linalg.det(left) * np.linalg.det(right) < 0
        assert path.missing.tolist() == ([2] if wrong else [])
        missed += wrong
    assert abs(missed - draws / 2) < 5 * np.sqrt(draws) / 2


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_little_imbalance_costs_a_delay_of_its_logarithm(sign):
    imbalances, times = sign * np.array([1e-3, 1e-5, 1e-7, 1e-9]), []
    for imbalance in imbalances:
        path = balanced_square(3, np.random.default_rng(0), -1, imbalance)
        assert path.missing.size == 0
        low, high = 0.0, 1e3
        for _ in range(50):
            middle = (low + high) / 2
            a, b = path.halves(np.array([middle]))
            low, high = (middle, high) if (b @ np.swapaxes(a, 1, 2))[0, 2, 2] < path.s[2] / 2 else (low, middle)
        times.append(high)
    slope = np.diff(times) * path.s[2] / np.log(100.0)  # of tau / s ln(1 / |λ|), with corrections of order λ
    assert (np.abs(slope - 1) < [1e-3, 1e-5, 1e-6]).all()


def test_what_the_start_lacks_is_named_and_never_grows():
    path = Riccati(np.array([2.0, 1.0, 0.5]), 0.0, np.diag([0.3, 0.0, 0.2]), np.diag([0.3, 0.0, 0.2]))
    assert path.missing.tolist() == [1]
    a, b = path.halves(np.array([1e5]))
    assert_allclose((b @ np.swapaxes(a, 1, 2))[0], np.diag([2.0, 0.0, 0.5]), atol=CLOSED_FORM)
    narrow = Riccati(np.array([2.0, 1.0, 0.5]), 0.0, np.full((3, 1), 0.1), np.full((3, 1), 0.1))
    assert narrow.missing.size == 0  # no hidden units to spare is no saddle
    untaught = Riccati(np.array([2.0, 0.0]), 0.0, np.full((2, 2), 0.1), np.full((2, 2), 0.1))
    assert untaught.missing.size == 0  # and no target nothing to miss


@pytest.mark.parametrize("imbalance", [-1.0, 0.0, 1.0])
def test_zero_weights_stay(imbalance):
    path = Riccati(np.array([2.0, 1.0]), imbalance, np.zeros((3, 4)), np.zeros((2, 4)))
    a, b = path.halves(np.array([0.0, 5.0, 1e6]))
    assert (a.shape, b.shape) == ((3, 3, 0), (3, 2, 0))
    assert [part.shape for part in path.limit] == [(3, 0), (2, 0)]
    assert path.missing.tolist() == [0, 1]


def test_many_times_are_one_time_each():
    path = start("over-complete", 0.7)
    t = np.array([3.0, 0.0, 1e6, 0.1, 3.0])
    whole = path.halves(t)
    for i, moment in enumerate(t):
        alone = path.halves(np.array([moment]))
        assert_allclose(whole[0][i], alone[0][0], rtol=0, atol=1e-14)
        assert_allclose(whole[1][i], alone[1][0], rtol=0, atol=1e-14)
    assert [part.shape for part in path.halves(np.zeros(0))] == [(0, 2, 5), (0, 3, 5)]


def test_batches_of_times_join(monkeypatch):
    path, t = start("square", 0.7), np.linspace(0, 4, 11)
    whole = square(path, t)
    monkeypatch.setattr("deeplinear.exact.matrices.riccati.CHUNK", 40)
    assert_allclose(square(path, t), whole, rtol=0, atol=1e-14)


def test_echelon_is_the_start():
    for shape in SHAPES:
        for imbalance in (-1.0, 0.0, 1.0):
            path = start(shape, imbalance)
            columns, pivots, basis = path.echelon
            assert_allclose(path.from_rates(columns @ basis.T)[0], path.inputs, atol=1e-14)
            assert_allclose(path.from_rates(columns @ basis.T)[1], path.outputs, atol=1e-14)
            assert_allclose(basis.T @ basis, np.eye(len(pivots)), atol=1e-14)
            for column, pivot in zip(columns.T, pivots, strict=True):
                assert (column[path.rates > path.rates[pivot]] == 0).all()


@pytest.mark.parametrize("imbalance", [-3.0, -1e-8, 0.0, 1e-8, 3.0])
def test_rates_and_frames_are_the_eigensystem(imbalance):
    for shape in SHAPES:
        path = start(shape, imbalance)
        basis = path.to_rates(np.eye(len(path.rates))[: len(path.inputs)], np.eye(len(path.rates))[len(path.inputs) :])
        assert_allclose(basis @ basis.T, np.eye(len(path.rates)), atol=1e-15)
        assert_allclose(basis @ drive(path) @ basis.T, np.diag(path.rates), atol=1e-14)


@pytest.mark.parametrize("angle", [1.0, 1e-3, 1e-6, 1e-9])
def test_triangles_of_almost_parallel_columns(angle):
    root = np.array([[[1.0, np.cos(angle)], [0.0, np.sin(angle)], [0.0, 0.0]]] * 2)
    upper = np.abs(triangular(root))  # signs of rows are free
    assert_allclose(upper, [[[1.0, np.cos(angle)], [0.0, np.sin(angle)]]] * 2, rtol=CLOSED_FORM, atol=0)
