"""JAX initialisers: the laws of the NumPy starts and of `jax.nn.initializers`, in JAX's shapes, types and transformations."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.conftest import DIFFERENT
from tests.initial.starts import STARTS, VARIANCES

from deeplinear.initial import jax_style

NAMES = [name for name, facts in STARTS.items() if facts.per_layer]
TWINS = {
    "gaussian": jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal"),
    "he": jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal"),
    "glorot": jax.nn.initializers.glorot_uniform(),
    "orthogonal": jax.nn.initializers.orthogonal(),
    "delta_orthogonal": jax.nn.initializers.delta_orthogonal(),
}
KEY = jax.random.key(0, impl="rbg")  # compiles twenty times quicker than the default, which one test uses
KERNEL, FANS, TAP = (3, 6, 8), (18, 24), (6, 8)
EPSILONS = {"float32": 2**-23, "bfloat16": 2**-7, "float64": 2**-52}
every = pytest.mark.parametrize("name", NAMES)


def shape_for(name, n_in, n_out):
    """Dense, or a kernel of three taps."""
    return (3, n_in, n_out) if name == "delta_orthogonal" else (n_in, n_out)


def tap(name, w):
    """The dense part, as float64."""
    return np.asarray(w[1] if name == "delta_orthogonal" else w, dtype=np.float64)


@pytest.fixture(scope="module")
def kernels():
    """200 kernels of three taps from each initialiser, ours and JAX's: compiled once for all tests."""
    drawn = {name: many(getattr(jax_style, name)(), KERNEL, 200) for name in NAMES}
    return drawn, {name: many(twin, KERNEL, 200) for name, twin in TWINS.items()}


def many(init, shape, count):
    """Draws by split keys, compiled once, as float64."""
    draw = jax.jit(jax.vmap(lambda key: init(key, shape, jnp.float32)))
    return np.asarray(draw(jax.random.split(KEY, count)), dtype=np.float64)


def assert_mean(samples, expected):
    """Within five standard errors, which are small."""
    samples = np.asarray(samples, dtype=np.float64).ravel()
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    assert abs(samples.mean() - expected) < 5 * error + 1e-6 * abs(expected), (samples.mean(), expected, error)
    assert error < 0.05 * max(abs(expected), 1.0)


def test_all_that_can_be_drawn_layer_by_layer_are_there():
    public = {name for name in STARTS if hasattr(jax_style, name)}
    assert public == set(NAMES)
    assert set(VARIANCES) == set(NAMES)


@every
def test_key_shape_dtype(name):
    init, shape = getattr(jax_style, name)(), shape_for(name, 6, 9)
    one, two, other = init(KEY, shape), init(KEY, shape, jnp.float32), init(jax.random.key(1, impl="rbg"), shape)
    assert one.shape == shape
    assert one.dtype == jnp.float32
    assert_array_equal(one, two)
    assert not np.allclose(one, other, rtol=DIFFERENT)


@every
def test_compiled_draws_are_the_same_and_batched_ones_differ(name, kernels):
    init, shape = getattr(jax_style, name)(), shape_for(name, 6, 9)
    compiled = jax.jit(init, static_argnums=(1, 2))(KEY, shape, jnp.float32)
    assert_allclose(compiled, init(KEY, shape), atol=1e-6)
    batched = kernels[0][name]
    assert batched.shape == (200, *KERNEL)
    assert not np.allclose(batched[0], batched[1], rtol=DIFFERENT)


def test_draws_in_a_batch_are_those_of_single_keys():
    """With JAX's default keys; under `jax.vmap` other kinds of keys need not do this."""
    init, keys = jax_style.orthogonal(), jax.random.split(jax.random.key(0), 2)
    batched = jax.jit(jax.vmap(lambda key: init(key, (6, 9))))(keys)
    assert_allclose(batched, jnp.stack([init(key, (6, 9)) for key in keys]), atol=1e-6)
    assert_allclose(init(jax.random.PRNGKey(7), (6, 9)), init(jax.random.key(7), (6, 9)), atol=0)


@every
@pytest.mark.parametrize("dtype", EPSILONS)
def test_types(name, dtype):
    """The same draw, rounded; float64 only where the user switched it on, and nothing here does."""
    init, shape = getattr(jax_style, name)(), shape_for(name, 6, 9)
    with jax.enable_x64(dtype == "float64"):
        w = init(KEY, shape, dtype)
        assert w.dtype == jnp.dtype(dtype)
        w = tap(name, w)
    if STARTS[name].isometric:
        assert_allclose(w @ w.T, np.eye(6), rtol=0, atol=20 * EPSILONS[dtype])
    if dtype == "bfloat16":
        wide = tap(name, init(KEY, shape))
        assert_allclose(w, wide, rtol=EPSILONS[dtype], atol=1e-7)
    assert jnp.zeros(1).dtype == jnp.float32


@every
def test_scales_multiply(name):
    one, two = (getattr(jax_style, name)(scale)(KEY, shape_for(name, 6, 9)) for scale in (1.0, 3.0))
    assert_allclose(two, 3 * one, rtol=1e-6)


@every
def test_variances_are_those_of_the_papers(name, kernels):
    """Kernels of 6 channels and 3 taps have 18 inputs; a delta-orthogonal one is one tap, an orthogonal one a matrix."""
    w, fans = kernels[0][name].copy(), FANS
    if name == "delta_orthogonal":
        w, fans = w[:, 1], TAP
    if name == "orthogonal":
        fans = (18, 8)
    if name == "identity_like":
        w[:, 1] -= np.eye(*TAP)
    assert_mean(w / np.sqrt(VARIANCES[name](*fans)), 0.0)
    assert_mean(w**2 / VARIANCES[name](*fans), 1.0)


@pytest.mark.parametrize("name", TWINS)
def test_same_law_as_jax(name, kernels):
    """Means, squares, fourth powers and largest entries of 200 draws, five standard errors apart at most."""
    here, there = (drawn[name] for drawn in kernels)
    for statistic in (lambda w: w, lambda w: w**2, lambda w: w**4, lambda w: np.abs(w).max(axis=-1)):
        a, b = (statistic(w).reshape(200, -1).mean(axis=1) for w in (here, there))
        error = np.hypot(a.std(), b.std()) / np.sqrt(200)
        assert abs(a.mean() - b.mean()) < 5 * error + 1e-6 * abs(b.mean())
    assert_array_equal(np.all(here == 0, axis=(0, -1, -2)), np.all(there == 0, axis=(0, -1, -2)))


@pytest.mark.parametrize("shape", [(2, 2, 4), (4, 8)], ids=str)
def test_orthogonal_layers_are_haar(shape):
    """``E tr Q = 0``, ``E (tr Q)² = 1`` for the orthogonal group; without the sign fix the trace is not centred."""
    n = min(int(np.prod(shape[:-1])), shape[-1])
    q = many(jax_style.orthogonal(), shape, 20_000).reshape(20_000, -1, shape[-1])
    small, large = sorted(q.shape[1:])
    assert_mean(q[:, range(n), range(n)].sum(axis=1), 0.0)
    assert_mean(q[:, range(n), range(n)].sum(axis=1) ** 2, n / large)
    assert_mean(q[:, 0, 0] ** 4, 3 / (large * (large + 2)))
    if small == large:
        assert_mean(np.linalg.det(q) > 0, 0.5)


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(NAMES),
    kernel=st.lists(st.integers(1, 4), min_size=0, max_size=3),
    n_in=st.integers(1, 5),
    n_out=st.integers(1, 5),
)
def test_any_shape(name, kernel, n_in, n_out):
    shape = (*(kernel or [3] * (name == "delta_orthogonal")), n_in, n_out)
    if name == "delta_orthogonal" and n_in > n_out:
        with pytest.raises(ValueError, match=r"^delta_orthogonal needs .* c_in <= c_out, got shape="):
            getattr(jax_style, name)()(KEY, shape)
        return
    w = jax.eval_shape(lambda key: getattr(jax_style, name)()(key, shape), KEY)  # traced, not run: quick
    assert (w.shape, w.dtype) == (shape, jnp.float32)


def test_convolutions_that_keep_images():
    """HWIO kernels through `jax.lax`: delta-orthogonal keeps norms, near-identity almost keeps the image."""
    image = jax.random.normal(KEY, (1, 7, 6, 3))
    convolve = lambda w: jax.lax.conv_general_dilated(  # noqa: E731
        image, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    for size in ((2, 4),):  # even: the stricter case
        kept = convolve(jax_style.delta_orthogonal(2.0)(KEY, (*size, 3, 5)))
        assert_allclose(jnp.linalg.norm(kept), 2 * jnp.linalg.norm(image), rtol=1e-5)
        assert_allclose(convolve(jax_style.identity_like(noise=0.0)(KEY, (*size, 3, 3))), image, atol=1e-6)


@every
@pytest.mark.parametrize(
    ("shape", "dtype"), [((3,), jnp.float32), ((0, 3), jnp.float32), ((3, 4), jnp.int32), ((3, 4), jnp.complex64)]
)
def test_bad_shapes_and_types_are_refused(name, shape, dtype):
    with pytest.raises(
        ValueError, match=rf"^{name} needs a shape .* floating dtype, got shape=.*Pass for example \(784"
    ):
        getattr(jax_style, name)()(KEY, shape, dtype)


@every
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), [1.0, 2.0], "big"])
def test_bad_scales_are_refused_at_once(name, value):
    with pytest.raises(ValueError, match=rf"^{name} needs {STARTS[name].scale} > 0"):
        getattr(jax_style, name)(value)


def test_negative_noise_is_refused():
    with pytest.raises(ValueError, match=r"^identity_like needs noise >= 0, .* got noise=-1.0: signs belong"):
        jax_style.identity_like(noise=-1.0)


def test_it_loads_when_it_is_first_used():
    code = (
        "import sys; import deeplinear as dl; dl.initial.decoupled; assert 'jax' not in sys.modules; "
        "assert callable(dl.initial.jax_style.orthogonal); assert 'jax' in sys.modules; assert 'jax_style' in dir(dl.initial)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
