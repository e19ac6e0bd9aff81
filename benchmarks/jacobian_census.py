"""Laws of Jacobians over a grid of activations, depths, variances and weights: how many are found, and how right they are.

    python benchmarks/jacobian_census.py [--activations tanh gelu] [--depths 2 10 200] [--variances 1e-6 1 1e6]
        [--laws 100] [--samples 12] [--width 1000] [--seconds 600] [--gains 1.2 1.6 2]

A law is built for each point of the grid, or for ``--laws`` random ones. Then random ones of those found are compared with one
sampled product ``Π_l W_l diag φ'(h_l)``, h_l the quantiles of a normal law, which have no sampling noise: the Kolmogorov distance of
the logarithms of its singular values. With ``--gains`` variances follow from the gain and from inputs of mean square 1, instead of
being given. Both parts stop when their time is up. Refused laws are listed with their reasons.
"""

import argparse
import itertools
import time

import numpy as np
from scipy.special import ndtri

from deeplinear.activations import ACTIVATIONS, as_activation
from deeplinear.haar import haar
from deeplinear.propagation.free.spectrum import jacobian_spectrum
from deeplinear.spectra.products.log_singular import log_singular_values

DEPTHS, VARIANCES = (2, 3, 10, 50, 200), (1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 1e4, 1e6)
WEIGHTS = "orthogonal", "gaussian"
RIGHT = 0.02  # at width 1000; in proportion to the root of the width below
DEEPEST = 60  # of sampled products: deeper ones take too long


def sampled(phi, variances, std, weights, width, rng):
    """Logarithms of the singular values of one product, ascending; −∞ for zeros."""
    factors = []
    for q in variances:
        slope = as_activation(phi).derivative(np.sqrt(q) * ndtri((np.arange(width) + 0.5) / width))
        w = haar(width, width, rng) if weights == "orthogonal" else rng.standard_normal((width, width)) / width**0.5
        factors.append(std * w * np.broadcast_to(slope, width))
    with np.errstate(divide="ignore"):
        return np.sort(log_singular_values(factors[::-1]))


def distance(law, logs):
    """Largest difference of the two cumulative distributions, at the finite singular values."""
    n, finite = len(logs), np.isfinite(logs)
    at = law.logarithm().cdf(2 * logs[finite])
    steps = np.arange(1, n + 1)[finite] / n
    inside = np.maximum(np.abs(steps - at), np.abs(steps - 1 / n - at))
    return float(inside.max(initial=0.0))


def grid(arguments):
    for phi, weights, depth in itertools.product(arguments.activations, WEIGHTS, arguments.depths):
        if arguments.gains:
            for gain in arguments.gains:
                yield phi, weights, depth, {"gain": gain, "depth": depth, "input_variance": gain**2}
        else:
            for q in arguments.variances:
                yield phi, weights, depth, {"gain": 1.0, "variances": [q] * depth}


def census(arguments):
    """All laws found, ``(case, law)``, and the refused ones, ``(case, reason)``."""
    begun, found, refused, times = time.monotonic(), [], [], []
    cases = list(grid(arguments))
    if arguments.laws and arguments.laws < len(cases):
        chosen = np.random.default_rng(arguments.seed).choice(len(cases), arguments.laws, replace=False)
        cases = [cases[k] for k in sorted(chosen)]
    for phi, weights, depth, words in cases:
        if time.monotonic() - begun > arguments.seconds:
            print("time is up: the rest of the grid is left out")
            break
        case, start = (phi, weights, depth, words), time.monotonic()
        try:
            law = jacobian_spectrum(phi, weights=weights, **words)
            law.logarithm().ppf([0.3, 0.7])
            found.append((case, law))
        except Exception as error:  # whatever a user would see
            refused.append((case, f"{type(error).__name__}: {error}"))
        times.append((time.monotonic() - start, case))
    return found, refused, times


def describe(case):
    phi, weights, depth, words = case
    where = f"gain={words['gain']}" if "depth" in words else f"q={words['variances'][0]:g}"
    return f"{phi:10s} {weights:10s} L={depth:<4d} {where}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--activations", nargs="+", default=list(ACTIVATIONS))
    parser.add_argument("--depths", nargs="+", type=int, default=DEPTHS)
    parser.add_argument("--variances", nargs="+", type=float, default=VARIANCES)
    parser.add_argument("--gains", nargs="+", type=float)
    parser.add_argument("--laws", type=int)
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    found, refused, times = census(arguments)
    seconds = np.array([each for each, _ in times])
    for name in arguments.activations:
        mine = [each for each in found if each[0][0] == name], [each for each in refused if each[0][0] == name]
        print(f"{name:10s} found {len(mine[0]):4d}   refused {len(mine[1]):4d}")
    print(f"{len(found)} found, {len(refused)} refused ({len(refused) / max(len(times), 1):.1%}); "
          f"seconds a law: median {np.median(seconds):.2f}, largest {seconds.max():.1f} ({describe(max(times)[1])})")  # fmt: skip
    for case, reason in refused:
        print(f"  refused {describe(case)}: {reason}")
    rng, begun = np.random.default_rng(arguments.seed), time.monotonic()
    candidates = [each for each in found if each[0][2] <= DEEPEST]
    limit = RIGHT * (1000 / arguments.width) ** 0.5
    for k in rng.permutation(len(candidates))[: arguments.samples]:
        if time.monotonic() - begun > arguments.seconds:
            print("time is up: the other samples are left out")
            break
        case, law = candidates[k]
        q = (
            getattr(law, "variances", None) or (law.variance,)
            if hasattr(law, "variance")
            else getattr(law, "variances", None)
        )
        if q is None:
            continue  # a law of a few values
        apart = distance(law, sampled(case[0], q, case[3]["gain"], case[1], arguments.width, rng))
        print(
            f"  {describe(case)}: distance {apart:.4f} {'' if apart < limit else '  <-- MORE THAN ' + str(limit)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
