"""The activations that are known by name, and how a name or a function becomes one."""

from collections.abc import Callable
from types import ModuleType

from deeplinear.activations.activation import Activation
from deeplinear.activations.elu import ELU
from deeplinear.activations.erf import ERF
from deeplinear.activations.gelu import GELU
from deeplinear.activations.hard_tanh import HARD_TANH
from deeplinear.activations.leaky_relu import LEAKY_RELU
from deeplinear.activations.linear import LINEAR
from deeplinear.activations.relu import RELU
from deeplinear.activations.selu import SELU
from deeplinear.activations.sigmoid import SIGMOID
from deeplinear.activations.silu import SILU
from deeplinear.activations.sin import SIN
from deeplinear.activations.softplus import SOFTPLUS
from deeplinear.activations.tanh import TANH
from deeplinear.messages import shown

ACTIVATIONS = {
    each.name: each
    for each in (
        LINEAR,
        TANH,
        ERF,
        HARD_TANH,
        SIGMOID,
        RELU,
        LEAKY_RELU,
        ELU,
        SELU,
        GELU,
        SILU,
        SOFTPLUS,
        SIN,
    )
}
ALIASES = {"swish": "silu", "identity": "linear"}


def as_activation(
    which: str | Activation | Callable, *, kinks: tuple[float, ...] = (), log_derivative: Callable | None = None
) -> Activation:
    """The `Activation` meant by a name, by itself, or by any function of one array.

    Args:
        which: a name of ``ACTIVATIONS`` (``"swish"`` is ``"silu"``), an `Activation`, or a function that works elementwise;
            ``np.tanh``, ``np.sin``, ``scipy.special.erf`` and ``expit`` are those of the list.
        kinks: for a function: places where it or a derivative jumps; one at 0 is found.
        log_derivative: for a function: ``ln |φ'|``, needed where units saturate so far that φ' is lost to rounding.

    Raises:
        ValueError: an unknown name.
        TypeError: neither a name nor a function.

    Example:
        >>> as_activation("tanh").derivative(0.0)
        np.float64(1.0)
    """
    if isinstance(which, Activation):
        return which
    if isinstance(which, ModuleType):  # deeplinear.activations.gelu, the file of that activation
        which = which.__name__.removeprefix(f"{__package__}.")
    if isinstance(which, str):
        name = ALIASES.get(which, which)
        if name not in ACTIVATIONS:
            raise ValueError(
                f"as_activation needs one of {', '.join(ACTIVATIONS)}, got {shown(which)}: nothing is known by that name. "
                f"Pass a function of one array."
            )
        return ACTIVATIONS[name]
    for each in ACTIVATIONS.values():
        if which is each.function:
            return each
    if callable(which):
        from deeplinear.activations.custom import custom  # which loads JAX

        return custom(which, kinks=kinks, log_derivative=log_derivative)
    raise TypeError(
        f"as_activation needs a name or a function, got {shown(which)}: it is applied to every unit. Pass for example 'tanh'."
    )
