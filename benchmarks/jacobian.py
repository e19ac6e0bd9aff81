"""Singular values of Jacobians: ours against automatic differentiation and a dense SVD.

    python benchmarks/jacobian.py [--width 1000] [--depth 100] [--repeats 3]
    python benchmarks/jacobian.py --matrix-free [--width 8000] [--depth 20]

Needs the torch extra. Everything in float64; threads as OPENBLAS_NUM_THREADS and OMP_NUM_THREADS say (JAX takes all cores).
Contestants take turns in one run; medians, compilation left out. A singular value counts as right where it agrees to 1e-6
with the transposed chain, one factor at a time. With ``--matrix-free`` each contestant has a process of its own, and memory
is its peak less what it held with the weights ready; automatic differentiation is measured at two smaller widths and
extrapolated, time by n³ and memory by n².

On a busy machine take one core and its processor time: ``taskset -c 0 python benchmarks/jacobian.py --processor-time`` with
both variables at 1.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

from deeplinear.haar import haar
from deeplinear.network import Network
from deeplinear.propagation.finite.jacobian import log_jacobian_singular_values

RIGHT = 1e-6
SMALLER = 1000, 2000


def orthogonal(n, depth, gain, rng):
    return [gain * haar(n, n, rng) for _ in range(depth)]


def gaussian(n, depth, gain, rng):
    return [rng.standard_normal((n, n)) * (gain / n**0.5) for _ in range(depth)]


def reflections(n, depth, gain, rng):
    """Orthogonal matrices that are cheap to make: two reflections of a permutation."""

    def one():
        w = np.zeros((n, n))
        w[np.arange(n), rng.permutation(n)] = gain
        for _ in range(2):
            u = rng.standard_normal(n)
            u /= np.linalg.norm(u)
            image = w @ u
            for rows in range(0, n, 100):
                w[rows : rows + 100] -= 2 * image[rows : rows + 100, None] * u
        return w

    return [one() for _ in range(depth)]


WEIGHTS = {"orthogonal": orthogonal, "gaussian": gaussian, "reflections": reflections}


def with_torch(weights, x):
    import torch

    layers, x = [torch.from_numpy(w) for w in weights], torch.from_numpy(x)

    def forward(h):
        for w in layers:
            h = w @ torch.tanh(h)
        return h

    return lambda: torch.linalg.svdvals(torch.func.jacrev(forward)(x)).numpy()


def with_jax(weights, x):
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    layers, x = [jnp.asarray(w) for w in weights], jnp.asarray(x)

    def forward(layers, h):
        for w in layers:
            h = w @ jnp.tanh(h)
        return h

    jacobian = jax.jit(jax.jacrev(forward, argnums=1))
    return lambda: np.asarray(jnp.linalg.svd(jacobian(layers, x), compute_uv=False))


def timed(job, clock=time.perf_counter):
    begun = clock()
    found = job()
    return clock() - begun, found


def whole(n, depth, repeats, clock):
    from deeplinear.spectra.products.log_singular import log_singular_values

    for kind, gain in (("orthogonal", 1.0), ("orthogonal", 1.05), ("gaussian", 0.9)):
        rng = np.random.default_rng(0)
        weights, x = WEIGHTS[kind](n, depth, gain, rng), rng.standard_normal(n)
        net = Network(weights, "tanh", activated_inputs=True)
        jobs = {
            "ours": lambda net=net, x=x: log_jacobian_singular_values(net, x),
            "jax.jacrev": with_jax(weights, x),
            "torch.func.jacrev": with_torch(weights, x),
        }
        times, found = {name: [] for name in jobs}, {}
        for job in jobs.values():
            job()
        for _ in range(repeats):
            for name, job in jobs.items():
                seconds, found[name] = timed(job, clock)
                times[name].append(seconds)
        found = {name: s if name == "ours" else np.log(np.maximum(s, 1e-300)) for name, s in found.items()}
        truth = log_singular_values([w.T for w in net.jacobian_factors(x)][::-1])
        _, error = log_jacobian_singular_values(net, x, error=True)
        print(f"\n{kind}, g = {gain}, {depth} layers of {n}: ln s from {truth[0]:.2f} to {truth[-1]:.2f}")
        for name, taken in times.items():
            off = np.abs(found[name] - truth)
            print(
                f"  {name:18s} {np.median(taken):7.2f} s  ({min(taken):.2f} to {max(taken):.2f})   right to {RIGHT}: "
                f"{np.mean(off < RIGHT):6.1%}   largest error of ln s {off.max():.1e}"
            )
        best = min(np.median(taken) for name, taken in times.items() if name != "ours")
        print(f"  ours / best of theirs {np.median(times['ours']) / best:.2f}; error announced {error:.1e}")


def child(contestant, kind, n, depth, clock):
    """One contestant alone: seconds, memory beyond the weights, and what it found."""
    rng = np.random.default_rng(0)
    weights, x = WEIGHTS[kind](n, depth, 1.0, rng), rng.standard_normal(n)
    if contestant == "torch":
        with_torch([np.eye(2)] * 2, np.ones(2))()  # loads what it needs
        job = with_torch(weights, x)
        base = peak()
        seconds, s = timed(job, clock)
        found = [s[0], s[-1]]
    else:
        from deeplinear.propagation.finite.extremes import extreme_singular_values

        base = peak()
        seconds, ends = timed(
            lambda: extreme_singular_values(
                Network(weights, "tanh", activated_inputs=True), x, which=contestant, rtol=1e-6
            ),
            clock,
        )
        found = [*ends.values.tolist(), *ends.errors.tolist(), ends.products]
    print(json.dumps({"seconds": seconds, "MiB": peak() - base, "total": peak(), "found": [float(f) for f in found]}))


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alone(*arguments, options):
    command = [sys.executable, __file__, *options, "--child", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def matrix_free(n, depth, options):
    theirs = [alone("torch", "gaussian", size, depth, options=options) for size in SMALLER]
    for size, got in zip(SMALLER, theirs, strict=True):
        print(
            f"torch.func.jacrev + svdvals, {depth} layers of {size}: {got['seconds']:.2f} s, {got['MiB']:.0f} MiB beyond the weights"
        )
    low, high = SMALLER
    seconds = theirs[1]["seconds"] * (n / high) ** 3
    slope = (theirs[1]["MiB"] - theirs[0]["MiB"]) / (high**2 - low**2)
    space = theirs[1]["MiB"] + slope * (n**2 - high**2)
    print(f"  extrapolated to {n}: {seconds:.0f} s (n³), {space:.0f} MiB (a straight line in n²)")
    for contestant, kind in (("largest", "gaussian"), ("both", "reflections")):
        got = alone(contestant, kind, n, depth, options=options)
        print(
            f"ours, {contestant}, {kind}, {depth} layers of {n}: {got['seconds']:.2f} s, {got['MiB']:.0f} MiB beyond the weights "
            f"({got['total']:.0f} in all), found {got['found']}\n"
            f"  theirs / ours: time {seconds / got['seconds']:.1f}, memory {space / got['MiB']:.1f}, "
            f"in all {(space + got['total'] - got['MiB']) / got['total']:.2f}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int)
    parser.add_argument("--depth", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--processor-time", action="store_true")
    parser.add_argument("--matrix-free", action="store_true")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    clock = time.process_time if arguments.processor_time else time.perf_counter
    if arguments.child:
        contestant, kind, n, depth = arguments.child
        child(contestant, kind, int(n), int(depth), clock)
        return
    print(
        f"float64, OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', 'default')}, "
        f"OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'default')}, load {os.getloadavg()[0]:.1f} at the start"
    )
    if arguments.matrix_free:
        matrix_free(
            arguments.width or 8000, arguments.depth or 20, ["--processor-time"] if arguments.processor_time else []
        )
    else:
        whole(arguments.width or 1000, arguments.depth or 100, arguments.repeats, clock)


if __name__ == "__main__":
    main()
