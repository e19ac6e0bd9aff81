"""The starts that can be drawn layer by layer, as JAX has them: ``init(key, shape, dtype)``.

For Flax, Equinox or plain JAX. Shapes are JAX's, inputs first: ``(n_in, n_out)`` for a dense layer ``x @ W``, and
``(*kernel, c_in, c_out)`` (HWIO in two dimensions) for a convolution, whose number of inputs is ``c_in`` times the taps. A
dense layer is the transpose of the ``W_l`` of the rest of this package.

Each function makes an initialiser from its scale; that draws under `jax.jit` and `jax.vmap`, in float32 unless asked for
another type (float64 where the user has switched it on; types shorter than float32 are drawn in float32 and rounded once).
Importing this module loads JAX; the rest of `deeplinear.initial` does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from deeplinear.initial.iid import LAWS
from deeplinear.initial.widths import checked_scales

Init = Callable[..., jax.Array]

DRAWS: dict[str, Callable[..., jax.Array]] = {
    "normal": jax.random.normal,
    "uniform": lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -1.0, 1.0),
}


def gaussian(scale: float = 1.0) -> Init:
    """Independent Gaussian entries of standard deviation ``scale / √inputs``: see `deeplinear.initial.gaussian`."""
    return independent("gaussian", scale)


def he(scale: float = 1.0) -> Init:
    """Independent Gaussian entries of standard deviation ``scale √(2 / inputs)``: see `deeplinear.initial.he`."""
    return independent("he", scale)


def glorot(scale: float = 1.0) -> Init:
    """Uniform entries in ``±scale √(6 / (inputs + outputs))``: see `deeplinear.initial.glorot`."""
    return independent("glorot", scale)


def orthogonal(gain: float = 1.0) -> Init:
    """Haar-distributed (semi-)orthogonal layers times the gain: see `deeplinear.initial.orthogonal`.

    A convolution kernel is orthogonal as a matrix of shape ``(c_in × taps, c_out)``, as in `jax.nn.initializers`; for one
    that preserves the norm of images take `delta_orthogonal`.

    Example:
        >>> w = orthogonal(2.0)(jax.random.key(0), (3, 5))
        >>> w.shape, bool(jnp.allclose(w @ w.T, 4 * jnp.eye(3), atol=1e-5))
        ((3, 5), True)
    """
    scale = checked("orthogonal", "gain", gain)

    def draw(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
        return scale * frame(key, math.prod(shape[:-1]), shape[-1], dtype).reshape(shape)

    return initialiser("orthogonal", draw)


def identity_like(scale: float = 1.0, noise: float = 0.01) -> Init:
    """``scale (I + noise G/√inputs)``, a convolution's identity at its central tap: see `deeplinear.initial.identity_like`."""
    size = checked("identity_like", "scale", scale)
    share = checked("identity_like", "noise", noise, zero_learns=True)
    spread = LAWS["gaussian"].spread

    def draw(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
        g = share * spread(*fans(shape)) * jax.random.normal(key, shape, dtype)
        return size * g.at[centre(shape)].add(jnp.eye(shape[-2], shape[-1], dtype=dtype))

    return initialiser("identity_like", draw)


def delta_orthogonal(gain: float = 1.0) -> Init:
    """Convolution kernels with a Haar frame at the central tap, zero elsewhere: see `deeplinear.initial.delta_orthogonal`."""
    scale = checked("delta_orthogonal", "gain", gain)

    def draw(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
        if not 3 <= len(shape) <= 5 or shape[-2] > shape[-1]:
            raise ValueError(
                f"delta_orthogonal needs one to three spatial axes and c_in <= c_out, got shape={shape!r}: it is (*kernel, "
                f"c_in, c_out), and fewer outputs than inputs cannot keep every norm. Pass for example (3, 3, 16, 32)."
            )
        tap = scale * frame(key, shape[-2], shape[-1], dtype)
        return jnp.zeros(shape, dtype).at[centre(shape)].set(tap)

    return initialiser("delta_orthogonal", draw)


def independent(name: str, scale: float) -> Init:
    """The initialiser of a law in `deeplinear.initial.iid`."""
    law, size = LAWS[name], checked(name, "scale", scale)

    def draw(key: jax.Array, shape: tuple[int, ...], dtype: Any) -> jax.Array:
        return size * law.spread(*fans(shape)) * DRAWS[law.shape](key, shape, dtype)

    return initialiser(name, draw)


def initialiser(name: str, draw: Callable[[jax.Array, tuple[int, ...], Any], jax.Array]) -> Init:
    """``init(key, shape, dtype, out_sharding=...)`` that checks its shape and type, and draws in at least float32."""

    def init(key: jax.Array, shape: Sequence[int], dtype: Any = None, out_sharding: Any = None) -> jax.Array:
        kind = jnp.dtype(jnp.result_type(float) if dtype is None else dtype)
        if len(shape) < 2 or min(shape) < 1 or not jnp.issubdtype(kind, jnp.floating):
            raise ValueError(
                f"{name} needs a shape (..., n_in, n_out) of sizes >= 1 and a floating dtype, got shape={shape!r}, "
                f"dtype={dtype!r}: inputs come first, as in JAX. Pass for example (784, 1000), jnp.float32."
            )
        wide = kind if kind.itemsize >= 4 else jnp.dtype(jnp.float32)
        drawn = draw(key, tuple(shape), wide).astype(kind)
        return drawn if out_sharding is None else jax.device_put(drawn, out_sharding)

    return init


def frame(key: jax.Array, rows: int, columns: int, dtype: Any) -> jax.Array:
    """A Haar-random matrix with orthonormal columns or rows, whichever are fewer; signs fixed as in `haar`."""
    q, r = jnp.linalg.qr(jax.random.normal(key, (max(rows, columns), min(rows, columns)), dtype))
    q = q * jnp.where(jnp.diag(r) < 0, -1, 1).astype(dtype)
    return q if rows >= columns else q.T


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of one unit: channels times taps."""
    taps = math.prod(shape[:-2])
    return taps * shape[-2], taps * shape[-1]


def centre(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The central tap of a kernel; nothing, for a dense layer."""
    return tuple((k - 1) // 2 for k in shape[:-2])


def checked(function: str, name: str, value: float, *, zero_learns: bool = False) -> float:
    """One positive (or not negative) number."""
    return float(checked_scales(function, name, value, 1, "layer", zero_learns=zero_learns).reshape(()))
