"""Spectra of long products and Haar sampling: time against the plain way, and how many values are right.

    python benchmarks/spectra.py [--width 1000] [--factors 99] [--repeats 3]

Needs the torch extra. Everything in float64 but torch's default float32 where named; threads as OPENBLAS_NUM_THREADS and
OMP_NUM_THREADS say. Contestants take turns in one run; medians. A singular value counts as right where it agrees to 1e-6
with the transposed chain, which shares no rounding with it; the sum of logarithms is held against the determinants.
"""

import argparse
import os
import time

import numpy as np
import torch

from deeplinear.haar import haar
from deeplinear.spectra.products.gaussian_products import gaussian_product_spectra
from deeplinear.spectra.products.log_singular import log_singular_values


def interleaved(jobs, repeats):
    """Median seconds of each job."""
    times = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            begun = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - begun)
    return {name: float(np.median(t)) for name, t in times.items()}


def formed(factors):
    product = next(factors := iter(factors))
    for w in factors:
        product = w @ product
    return product


def products(n, count, repeats):
    rng = np.random.default_rng(0)
    factors = [rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(count)]
    results = {}

    def ours():
        results["ours"] = log_singular_values(factors)

    def naive():
        results["naive"] = np.log(np.linalg.svd(formed(factors), compute_uv=False))

    took = interleaved({"ours": ours, "naive": naive}, repeats)
    mirrored = log_singular_values([w.T for w in factors[::-1]])
    determinants = sum(np.linalg.slogdet(w)[1] for w in factors)
    print(f"\nsingular values, {count} factors of width {n}")
    for name, seconds in took.items():
        off = np.abs(results[name] - mirrored)
        print(
            f"  {name:6s} {seconds:8.2f} s   right to 1e-6: {np.mean(off < 1e-6):6.1%}   largest error of ln s {off.max():.1e}"
            f"   sum of ln s less determinants {results[name].sum() - determinants:.1e}"
        )
    print(f"  ours / naive {took['ours'] / took['naive']:.2f}")


def sampling(n, depths, repeats):
    print(f"\none realisation of a product of k Gaussian matrices of width {n}")
    for k in depths:
        rng = np.random.default_rng(1)

        def drawn(k=k, rng=rng):
            return (rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(k))

        jobs = {
            "triangles": lambda k=k, rng=rng: gaussian_product_spectra(n, k, rng),
            "drawn, exact": lambda drawn=drawn: log_singular_values(drawn()),
            "drawn, formed": lambda drawn=drawn: np.linalg.svd(formed(drawn()), compute_uv=False),
            "triangles, eigenvalues": lambda k=k, rng=rng: gaussian_product_spectra(n, k, rng, eigenvalues=True),
            "drawn, eigenvalues": lambda drawn=drawn: np.linalg.eigvals(formed(drawn())),
        }
        took = interleaved(jobs, repeats)
        print(f"  k = {k:3d}  " + "   ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items()))
        print(f"           formed / triangles {took['drawn, formed'] / took['triangles']:.2f}")


def orthogonal(sizes, repeats):
    print("\nHaar-random square matrices; torch.nn.init.orthogonal_ factors a Gaussian one")
    rng = np.random.default_rng(2)
    for n in sizes:
        jobs = {"haar": lambda n=n: haar(n, n, rng)}
        for kind in (torch.float64, torch.float32):
            tensor = torch.empty(n, n, dtype=kind)
            jobs[str(kind)] = lambda tensor=tensor: torch.nn.init.orthogonal_(tensor)
        took = interleaved(jobs, repeats)
        ratios = "   ".join(f"{kind} / haar {took[kind] / took['haar']:.2f}" for kind in list(jobs)[1:])
        print(f"  n = {n:5d}  " + "   ".join(f"{name} {1e3 * s:.2f} ms" for name, s in took.items()) + f"   {ratios}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--factors", type=int, default=99)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    if threads:
        torch.set_num_threads(int(threads))
    print(
        f"float64, OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', 'default')}, "
        f"OPENBLAS_NUM_THREADS={threads or 'default'}, {torch.get_num_threads()} torch threads, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )
    orthogonal([64, 256, arguments.width], 7 * arguments.repeats)
    sampling(arguments.width, (1, 5, arguments.factors), arguments.repeats)
    products(arguments.width, arguments.factors, arguments.repeats)


if __name__ == "__main__":
    main()
