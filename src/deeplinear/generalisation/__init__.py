"""Generalisation: the test error of deep linear networks that learn from noisy data, and when to stop training.

`NoisyTeacher` is a student that learns a teacher of few modes from white inputs; `Realised` is one draw of it;
`HighDimensional` is a student with as many inputs as examples, or more.
"""

from deeplinear.generalisation.high_dimensional import HighDimensional
from deeplinear.generalisation.noisy_teacher import NoisyTeacher
from deeplinear.generalisation.single_realisation import Realised

__all__ = ["HighDimensional", "NoisyTeacher", "Realised"]
