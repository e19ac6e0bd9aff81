"""Time of Fig. 3's tanh networks, 100 starts of 2600 epochs: ours in one batch against a PyTorch loop over starts.

    python benchmarks/training.py [--seeds 100] [--torch-seeds 2] [--repeats 3] [--all-outputs]

Needs the torch extra. Networks 32-32-1000, one-hot inputs, float64 for both, interleaved in one run; medians. PyTorch trains
``--torch-seeds`` of the starts, with autograd and its own SGD, and its time is scaled to all of them. Ours is the whole call,
without and with the time to compile; with ``--all-outputs`` also at all 1000 outputs: what the exact reduction saves. The last losses of both are compared.
"""

import argparse
import os
import time

import numpy as np
import torch

import deeplinear as dl

TAU, EPOCHS = 2000.0, 2600


def timed(function):
    begun = time.perf_counter()
    result = function()
    return time.perf_counter() - begun, result


def torch_loop(starts, y):
    """Train one start after another; returns the last losses."""
    targets, last = torch.tensor(y), []
    inputs = torch.eye(len(y), dtype=torch.float64)
    for weights in starts:
        layers = [torch.nn.Linear(*w.shape[::-1], bias=False, dtype=torch.float64) for w in weights]
        for layer, w in zip(layers, weights, strict=True):
            layer.weight.data = torch.tensor(w)
        network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1])
        optimiser = torch.optim.SGD(network.parameters(), lr=1 / TAU)

        def loss(network=network):
            return 0.5 * ((network(inputs) - targets) ** 2).sum()

        for _ in range(EPOCHS):
            optimiser.zero_grad()
            loss().backward()
            optimiser.step()
        last.append(loss().item())
    return np.array(last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--torch-seeds", type=int, default=2, help="starts that PyTorch trains; its time is scaled up")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--all-outputs", action="store_true", help="measure unreduced training too, a minute or more")
    arguments = parser.parse_args()
    task = dl.data.hierarchy(rng=0)
    y = task.input_output_correlation.T
    rng = np.random.default_rng(0)
    starts = [dl.initial.gaussian([32, 32, 1000], std=np.sqrt(1e-6 / 32), rng=rng) for _ in range(arguments.seeds)]
    networks = [dl.Network(w, "tanh") for w in starts]

    def ours(**options):
        return dl.train(networks, task, rate=1 / TAU, steps=EPOCHS, record=EPOCHS, **options)

    few = starts[: arguments.torch_seeds]
    jobs = {
        "ours": ours,
        f"torch, {len(few)} starts": lambda: torch_loop(few, y),
    }
    torch_name = list(jobs)[-1]
    cold, run = timed(ours)
    if arguments.all_outputs:
        ours(reduce=False)
        jobs["ours, all outputs"] = lambda: ours(reduce=False)
    times = {name: [] for name in jobs}
    for _ in range(arguments.repeats):
        for name, job in jobs.items():
            seconds, result = timed(job)
            times[name].append(seconds)
            if name == torch_name:
                difference = np.abs(result / run.loss[: len(few), -1] - 1).max()
    median = {name: float(np.median(t)) for name, t in times.items()}
    whole = median[torch_name] * len(starts) / len(few)
    print(
        f"{len(starts)} starts of {EPOCHS} epochs, float64, {run.reduction[0]}; {torch.get_num_threads()} torch threads, "
        f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'default')}"
    )
    for name, value in median.items():
        print(f"  {name:20s} {value:9.2f} s   (of {', '.join(f'{t:.2f}' for t in times[name])})")
    print(f"  torch, all starts    {whole:9.2f} s   (scaled from {len(few)})")
    print(f"  ours, with compiling {cold:9.2f} s")
    print(f"  torch / ours {whole / median['ours']:.1f}, with compiling {whole / cold:.1f}")
    if arguments.all_outputs:
        print(f"  torch / ours with all outputs {whole / median['ours, all outputs']:.1f}")
    print(f"  last losses differ by {difference:.1e} (relative)")


if __name__ == "__main__":
    main()
