"""Time of one descent iteration at width 1000 on MNIST: ours against PyTorch autograd, interleaved in one run.

    python benchmarks/descent.py [--layers 5 20 100] [--repeats 5]

Needs the torch extra, and MNIST (DEEPLINEAR_DATA or the download). All in float64. Prints medians and ratios:
reduced (orthogonal start, white inputs, exactly reduced), unreduced (full width, in place), a bare in-place NumPy-array
loop of the same contraction, streaming the weights three times through memory, PyTorch on the statistics, and PyTorch
full batch on 50 000 images (one step, at the depths where it fits into the time).
"""

import argparse
import os
import time

import numpy as np
import torch
from scipy.linalg.blas import dgemm

import deeplinear as dl

WIDTH = 1000


def seconds(function, *, divide=1):
    begun = time.perf_counter()
    function()
    return (time.perf_counter() - begun) / divide


def bare_loop(weights, target, rate):
    """The contraction alone: no records, no checks."""
    above, product = [], np.eye(len(weights[-1]))
    for w in weights[::-1]:
        above.append(product)
        product = dgemm(1.0, w.T, product)
    panel = np.asfortranarray(target.T - product)
    for w, over in zip(weights, above[::-1], strict=True):
        pushed = dgemm(1.0, w.T, panel, trans_a=1)
        dgemm(rate, panel, over, trans_b=1, beta=1.0, c=w.T, overwrite_c=1)
        panel = pushed


def streamed(weights):
    """One read and one read-and-write of every weight: three passes through memory."""
    for w in weights:
        w.sum()
        np.negative(w, out=w)


def torch_step(layers, loss, rate):
    grads = torch.autograd.grad(loss(), layers)
    with torch.no_grad():
        for w, g in zip(layers, grads, strict=True):
            w -= rate * g


def measure(layers, repeats, full_batch):
    task = dl.data.mnist(inputs="white", reduction="mean")
    depth, rate = layers - 1, 0.1 / (layers - 1)
    sizes = [task.n_in, *[WIDTH] * (depth - 1), task.n_out]
    weights = dl.initial.orthogonal(sizes, rng=0)
    narrow = dl.initial.reduced_orthogonal(task, sizes, rng=0)
    target, mine = task.optimum, [w.copy() for w in weights]
    tensors = [torch.tensor(w, requires_grad=True) for w in weights]
    wanted = torch.tensor(target)

    def on_statistics():
        product = tensors[-1]
        for w in tensors[-2::-1]:
            product = product @ w
        return 0.5 * ((wanted - product) ** 2).sum()

    def ours(start, steps, **options):
        dl.descend(task, start, rate=rate, steps=steps, record=steps, **options)

    few = 12 if layers < 50 else 4
    jobs = {
        # a difference of two lengths leaves out the start-up: reading the task, packing, lifting
        "reduced": lambda: (seconds(lambda: ours(narrow, 2400)) - seconds(lambda: ours(narrow, 400))) / 2000,
        "unreduced": lambda: (
            (seconds(lambda: ours(weights, 2 * few, reduce=False)) - seconds(lambda: ours(weights, few, reduce=False)))
            / few
        ),
        "bare loop": lambda: seconds(lambda: [bare_loop(mine, target, 1e-9) for _ in range(few)], divide=few),
        "3 streams": lambda: seconds(lambda: [streamed(mine) for _ in range(few)], divide=few),
        "torch statistics": lambda: seconds(lambda: torch_step(tensors, on_statistics, 1e-9)),
    }
    for steps in (400, 2400):
        ours(narrow, steps)  # compile
    times = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            times[name].append(job())
    median = {name: float(np.median(t)) for name, t in times.items()}
    if full_batch:
        x, y = dl.data.load_mnist("train", 50_000)
        z = dl.Task.from_data(x, y, inputs="centred", reduction="mean").whitening()
        inputs = torch.tensor((x - x.mean(axis=0)) @ z.T)
        labels = torch.tensor(y)

        def on_images():
            hidden = inputs
            for w in tensors:
                hidden = hidden @ w.T
            return 0.5 * ((labels - hidden) ** 2).sum() / len(labels)

        median["torch full batch"] = seconds(lambda: torch_step(tensors, on_images, 1e-9))
    return median


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[5, 20, 100])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--full-batch-up-to", type=int, default=20, help="deepest N_l for one PyTorch full-batch step")
    arguments = parser.parse_args()
    print(
        f"width {WIDTH}, float64, OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', 'default')}, "
        f"OPENBLAS_NUM_THREADS={os.environ.get('OPENBLAS_NUM_THREADS', 'default')}, {torch.get_num_threads()} torch threads"
    )
    full_rate = None
    for layers in arguments.layers:
        full = layers <= arguments.full_batch_up_to
        found = measure(layers, arguments.repeats, full)
        print(f"\nN_l = {layers}")
        for name, value in found.items():
            print(f"  {name:18s} {1e3 * value:12.4f} ms   {value / found['reduced']:12.1f} x reduced")
        print(
            f"  unreduced / bare loop {found['unreduced'] / found['bare loop']:.2f}, "
            f"unreduced / 3 streams {found['unreduced'] / found['3 streams']:.2f}"
        )
        if full:
            full_rate = found["torch full batch"] / (layers - 1)
        elif full_rate:
            guess = full_rate * (layers - 1)
            print(f"  torch full batch, extrapolated by depth: {guess:.0f} s, {guess / found['reduced']:.3g} x reduced")


if __name__ == "__main__":
    main()
