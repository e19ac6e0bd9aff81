"""Closed forms against integrators: ratios of medians, measured interleaved in one run, with the errors of both.

    python benchmarks/laws.py [--repeats 5]

1. Dense curves, any depth: one call for all modes against one DOP853 run a mode (rtol 1e-12, the nearest it comes).
2. Scattered (time, mode) pairs, any depth: one call against one DOP853 run a pair, extrapolated from a subsample.
3. A million two-layer strengths against ``np.exp`` on the same array.
4. The matrix solution of two balanced layers, n × n Gaussian task, end-to-end maps at 300 times, against one DOP853 run of the
   layers (rtol 1e-10): until the weakest mode is learned (50/s_min), and over a tenth of that.

Errors of 1 and 2 are relative, in units of 1 + κ, against 60-digit times at the strengths returned; of 4, largest differences
of the maps from a DOP853 run at 1e-13 (n = 8) or of the two from each other.
"""

import argparse
import os
import time

import mpmath as mp
import numpy as np
from scipy.integrate import solve_ivp

from deeplinear import Task, solve
from deeplinear.exact import depth as any_depth
from deeplinear.exact import sigmoid

U0 = 1e-3
MODES, TIMES = 40, 1000
PAIRS, SAMPLED = 100_000, 40


def seconds(function):
    begun = time.perf_counter()
    result = function()
    return time.perf_counter() - begun, result


def reference_time(u, s, layers):
    """60-digit time from U0 to u."""
    with mp.workdps(60):
        u, s, u0 = mp.mpf(float(u)), mp.mpf(float(s)), mp.mpf(U0)
        p = 2 - mp.mpf(2) / layers

        def antiderivative(x):
            return -(x ** (1 - p)) / (p - 1) * mp.hyp2f1(1, 1 - p, 2 - p, x)

        return (antiderivative(u / s) - antiderivative(u0 / s)) * s**-p / layers


def error(t, s, u, layers):
    """Largest relative error of strengths u at times t, over 1 + κ, on at most 60 of the points."""
    t, s, u = (np.ravel(x) for x in np.broadcast_arrays(t, s, u))
    rng, worst = np.random.default_rng(0), 0.0
    inside = np.flatnonzero((u > 1.01 * U0) & (u < 0.999 * s))
    for i in rng.choice(inside, min(60, len(inside)), replace=False):
        pace = layers * u[i] ** (1 - 2 / layers) * (s[i] - u[i])
        gap = abs(float(reference_time(u[i], s[i], layers) - mp.mpf(float(t[i])))) * pace
        worst = max(worst, gap / (1 + t[i] * pace))
    return worst


def integrate(t, s, layers, p):
    return solve_ivp(
        lambda _, u: layers * u**p * (s - u),
        (0.0, float(t[-1])),
        [U0],
        t_eval=t,
        method="DOP853",
        rtol=1e-12,
        atol=1e-16,
    ).y[0]


def dense(layers, repeats):
    p = 2 - 2 / layers
    s = np.geomspace(0.1, 10, MODES)
    halves = any_depth.learning_time(s / 2, s=s, u0=U0, depth=layers)
    t = np.linspace(0, 2, TIMES)[:, None] * halves
    ours, theirs = [], []
    for _ in range(repeats):
        a, u = seconds(lambda: any_depth.strength(t, s=s, u0=U0, depth=layers))
        b, v = seconds(lambda: np.stack([integrate(t[:, i], s[i], layers, p) for i in range(MODES)], axis=1))
        ours.append(a)
        theirs.append(b)
    a, b = np.median(ours), np.median(theirs)
    print(
        f"dense curves, depth {layers:3d}: {MODES} modes x {TIMES} times, {a * 1e3:7.2f} ms against {b * 1e3:8.1f} ms: "
        f"{b / a:7.0f} x (errors {error(t, s, u, layers):.0e}, {error(t, s, v, layers):.0e})"
    )


def scattered(layers, repeats):
    p, rng = 2 - 2 / layers, np.random.default_rng(1)
    s = 10 ** rng.uniform(-1, 1, PAIRS)
    t = any_depth.learning_time(s / 2, s=s, u0=U0, depth=layers) * rng.uniform(0, 2, PAIRS)
    ours, theirs = [], []
    for _ in range(repeats):
        a, u = seconds(lambda: any_depth.strength(t, s=s, u0=U0, depth=layers))
        b, v = seconds(lambda: np.array([integrate(t[i : i + 1], s[i], layers, p)[0] for i in range(SAMPLED)]))
        ours.append(a / PAIRS)
        theirs.append(b / SAMPLED)
    a, b = np.median(ours), np.median(theirs)
    print(
        f"scattered pairs, depth {layers:3d}: {a * 1e6:6.2f} µs a pair against {b * 1e6:8.0f} µs (extrapolated from "
        f"{SAMPLED} of {PAIRS}): {b / a:7.0f} x (errors {error(t, s, u, layers):.0e}, "
        f"{error(t[:SAMPLED], s[:SAMPLED], v, layers):.0e})"
    )


def two_layers(repeats):
    t = np.random.default_rng(2).uniform(0, 20, 1_000_000)
    ours, bare = [], []
    for _ in range(4 * repeats):
        a, u = seconds(lambda: sigmoid.strength(t, s=1.0, u0=U0))
        b, _ = seconds(lambda: np.exp(t))
        ours.append(a)
        bare.append(b)
    a, b = np.median(ours), np.median(bare)
    with mp.workdps(40):
        worst = 0.0
        for i in range(200):
            e = mp.exp(2 * mp.mpf(float(t[i])))
            exact = e / (e - 1 + 1 / mp.mpf(U0))
            worst = max(worst, abs(float(mp.mpf(float(u[i])) / exact - 1)))
    print(
        f"two-layer strengths: 1e6 in {a * 1e3:.1f} ms against {b * 1e3:.1f} ms for np.exp: {a / b:.1f} x its time "
        f"(error {worst:.0e})"
    )


def layers_of(n, rng):
    """A Gaussian task and two balanced layers that know nothing of it."""
    frames = [np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(3)]
    sizes = np.sqrt(rng.uniform(0.01, 0.3, n))
    task = Task.from_correlations(np.eye(n), rng.normal(size=(n, n)) / np.sqrt(n))
    first, last = (frames[1] * sizes) @ frames[0].T, (frames[2] * sizes) @ frames[1].T
    if np.linalg.slogdet(last @ first)[0] != np.linalg.slogdet(task.input_output_correlation)[0]:
        first[:, 0] *= -1  # else the flow ends at a saddle, which DOP853 leaves by rounding
    return task, (first, last)


def integrate_layers(task, weights, times, rtol):
    n, s31 = task.n_in, task.input_output_correlation

    def velocity(_, state):
        first, last = state.reshape(2, n, n)
        error = s31 - last @ first
        return np.concatenate([(last.T @ error).ravel(), (error @ first.T).ravel()])

    begin = np.concatenate([w.ravel() for w in weights])
    states = solve_ivp(velocity, (0.0, times[-1]), begin, "DOP853", times, rtol=rtol, atol=rtol).y.T
    return np.stack([last @ first for first, last in states.reshape(-1, 2, n, n)])


def matrices(n, repeats):
    task, weights = layers_of(n, np.random.default_rng(n))
    for share in (0.1, 1.0):
        times = np.linspace(0, share * 50 / task.modes.s[-1], 300)
        ours, theirs = [], []
        for _ in range(repeats):
            for _ in range(3):
                a, maps = seconds(lambda t=times: solve(task, weights, law="Riccati")(t).maps)
                ours.append(a)
            b, run = seconds(lambda t=times: integrate_layers(task, weights, t, 1e-10))
            theirs.append(b)
        a, b = np.median(ours), np.median(theirs)
        found = f"each other {np.abs(maps - run).max():.0e}"
        if n <= 8:
            truth = integrate_layers(task, weights, times, 1e-13)
            found = f"errors {np.abs(maps - truth).max():.0e}, {np.abs(run - truth).max():.0e}"
        print(
            f"matrix solution, n = {n}, to {times[-1]:.0f} tau: {a * 1e3:.1f} ms against {b:.2f} s: {b / a:.0f} x ({found})"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    names = ("OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OMP_NUM_THREADS")
    print(
        "BLAS:",
        ", ".join(f"{name}={os.environ.get(name, 'unset')}" for name in names),
        "(only the matrix solution calls it)",
    )
    for layers in (3, 9, 99):
        dense(layers, repeats)
    for layers in (3, 9, 99):
        scattered(layers, repeats)
    two_layers(repeats)
    matrices(8, repeats)
    matrices(100, 1)


if __name__ == "__main__":
    main()
