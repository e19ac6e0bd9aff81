"""Square balanced networks whose determinant has the wrong sign: half of all random starts never learn their weakest mode.

Singular values of a balanced map obey ``dσ/dt ∝ σ^(2 − 2/L)``, an exponent of at least 1, so none of them reaches zero in
finite time and the determinant keeps its sign. The flow ends at the saddle that lacks the weakest mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deeplinear.task import Task

if TYPE_CHECKING:
    from deeplinear.arrays import Array

REASON = (
    "det(W) det(Σ31) < 0, and a balanced map keeps the sign of its determinant. Any imbalance, even of rounding, lets descent "
    "escape after a long plateau"
)


def wrong_sign(task: Task, start: Array) -> bool:
    """Whether a square map of full rank would have to change the sign of its determinant to learn a task of full rank.

    Args:
        task: what is learned.
        start: the end-to-end map, shape ``(n_out, n_in)``.

    Example:
        >>> import numpy as np
        >>> wrong_sign(Task.from_modes([2.0, 1.0]), np.diag([0.1, -0.1]))
        True
    """
    if task.n_in != task.n_out or task.rank < task.n_in or np.linalg.matrix_rank(start) < task.n_in:
        return False
    return bool(np.linalg.slogdet(start)[0] * np.linalg.slogdet(task.input_output_correlation)[0] < 0)
