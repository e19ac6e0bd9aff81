"""Compiled code in a process that was forked after JAX had run is refused instead of waiting for ever."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys, warnings
import numpy as np, deeplinear as dl
warnings.simplefilter("ignore")
x = np.random.default_rng(0).normal(size=(8, 3))
net, task = dl.Network(dl.initial.orthogonal([3, 3], rng=0), "tanh"), dl.Task.from_data(x, x)
calls = {
    "train": lambda: dl.train(net, (x, x), rate=0.01, steps=2),
    "descend": lambda: dl.descend(task, [np.eye(3)], rate=0.001, steps=100_001, record=[100_001]),
}
calls["train"]()
for name, call in calls.items():
    if os.fork() == 0:
        try:
            call()
        except RuntimeError as error:
            print(error, flush=True)
        os._exit(0)
    os.wait()
calls["train"]()
print("the parent goes on")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_forked_process_is_told(tmp_path):
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    train, descend, last = found.stdout.splitlines()
    for name, line in (("train", train), ("descend", descend)):
        assert line.startswith(f"{name} needs a process of its own, got one that was forked after JAX had run")
        assert line.endswith('Start processes with multiprocessing.get_context("spawn"), or with joblib.')
    assert last == "the parent goes on"
