"""What an elementwise nonlinearity has to say about itself, to theory (NumPy) and to training (JAX)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from deeplinear.arrays import as_float

if TYPE_CHECKING:
    from deeplinear.arrays import Array


def numbers(x: ArrayLike) -> Array:
    """What an activation is applied to, as float64."""
    return (
        x if type(x) is np.ndarray and x.dtype == np.float64 else as_float("activation needs real numbers, got x=", x)
    )


Function = Callable[["Array"], "Array"]


@dataclass(frozen=True)
class Activation:
    """An elementwise function φ with its first two derivatives.

    Attributes:
        name: as in `deeplinear.activations.ACTIVATIONS`.
        function: φ, float64 arrays of any shape.
        derivative: φ', to full relative accuracy also far out, where singular values of Jacobians become small.
        second: φ'', away from the kinks.
        twin: the same φ for JAX, as ``"module:name"`` or as the function itself.
        kinks: places where φ or one of its derivatives jumps; between them it is smooth. Quadratures stop there.
        derivatives: where φ' and φ'' come from: closed form, automatic differentiation, finite differences.
        plateaus: values that φ' takes on whole intervals, if it takes no others (piecewise linear φ); else empty.
        log_derivative: ``ln |φ'|``, also where φ' itself underflows; where it is left out, the logarithm of `derivative`.
    """

    name: str
    function: Function
    derivative: Function
    second: Function
    twin: str | Callable[..., Any]
    kinks: tuple[float, ...] = ()
    derivatives: str = "closed form"
    plateaus: tuple[float, ...] = ()
    log_derivative: Function | None = None
    recipe: tuple[Any, ...] | None = field(
        default=None, init=False, repr=False, compare=False
    )  # the function that made it, and its arguments

    def __reduce__(self) -> tuple[Callable[..., Activation], tuple[Any, ...]]:
        """A constant of a file of this folder is pickled by name, and so stays that constant; a user's function by value."""
        if getattr(sys.modules.get(f"{__package__}.{self.name}"), self.name.upper(), None) is self:
            return constant, (self.name,)
        if self.recipe is not None:
            make, *arguments = self.recipe
            return make, tuple(map(by_value, arguments))
        return Activation, tuple(by_value(getattr(self, each.name)) for each in fields(self) if each.init)

    def __deepcopy__(self, memo: dict[int, Any]) -> Activation:
        """Itself: nothing in it can change, and what was compiled for it serves on."""
        return self

    def __repr__(self) -> str:
        return f"Activation({self.name!r})"

    def __call__(self, x: ArrayLike) -> Array:
        """φ(x)."""
        return self.function(numbers(x))

    def log_slope(self, x: ArrayLike) -> Array:
        """``ln |φ'(x)|``, -inf where ``φ'(x) = 0`` and where the logarithm itself overflows."""
        x = numbers(x)
        with np.errstate(divide="ignore", over="ignore"):
            return np.log(np.abs(self.derivative(x))) if self.log_derivative is None else self.log_derivative(x)

    @property
    def jax(self) -> Callable[..., Any]:
        """φ on JAX arrays; loads JAX."""
        if callable(self.twin):
            return self.twin
        module, name = self.twin.split(":")
        return getattr(importlib.import_module(module), name)


def constant(name: str) -> Activation:
    """The activation that the file of this name defines, for example ``HARD_TANH`` of ``hard_tanh``."""
    return getattr(importlib.import_module(f"{__package__}.{name}"), name.upper())


def by_value(thing: Any) -> Any:
    """A function in a wrapper that pickles it by value where no other process could import it; anything else as it is."""
    from joblib import wrap_non_picklable_objects

    return wrap_non_picklable_objects(thing, keep_wrapper=False) if callable(thing) else thing
