"""Estimates before allocations: what is available, and who asks."""

import resource

import numpy as np
import pytest
from numpy.testing import assert_allclose

import deeplinear as dl
from deeplinear import memory
from deeplinear.curvature.hessian import spectrum
from deeplinear.memory import available_memory, in_words, require_memory
from deeplinear.report.predict import predict
from deeplinear.spectra.products.gaussian_products import gaussian_product_spectra

TASK = dl.Task.from_modes([3.0, 1.0])


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_least_of_machine_group_and_limits(tmp_path, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    write(tmp_path, proc__meminfo="MemTotal: 900 kB\nMemFree: 1 kB\nMemAvailable:   700 kB\n")
    assert available_memory(tmp_path) == 700 * 1024
    write(tmp_path, proc__self__cgroup="0::/jobs/one\n")
    group = tmp_path / "sys/fs/cgroup/jobs/one"
    write(group, **{"memory.max": "max\n", "memory.current": "5\n"})
    assert available_memory(tmp_path) == 700 * 1024
    write(
        group,
        **{"memory.max": "500000\n", "memory.current": "300000\n", "memory.stat": "anon 7\ninactive_file 40000\n"},
    )
    assert available_memory(tmp_path) == 240_000
    write(group.parent, **{"memory.max": "90000\n", "memory.current": "80000\n"})  # of the group above
    assert available_memory(tmp_path) == 10_000
    write(group.parent, **{"memory.max": "90000\n", "memory.current": "99000\n"})
    assert available_memory(tmp_path) == 0
    one = tmp_path / "older"
    write(one, proc__meminfo="MemAvailable: 700 kB\n", proc__self__cgroup="9:memory:/\n")
    write(
        one / "sys/fs/cgroup/memory",
        **{
            "memory.limit_in_bytes": "1000\n",
            "memory.usage_in_bytes": "900\n",
            "memory.stat": "total_inactive_file 50\n",
        },
    )
    assert available_memory(one) == 150


def test_limits_of_the_process(tmp_path, monkeypatch):
    write(tmp_path, proc__meminfo="MemAvailable: 700 kB\n", proc__self__status="VmSize:\t  100 kB\nVmData:\t 30 kB\n")
    most = {resource.RLIMIT_AS: 300 * 1024, resource.RLIMIT_DATA: resource.RLIM_INFINITY}
    monkeypatch.setattr(resource, "getrlimit", lambda name: (most[name], most[name]))
    assert available_memory(tmp_path) == 200 * 1024
    most[resource.RLIMIT_DATA] = 80 * 1024
    assert available_memory(tmp_path) == 50 * 1024


def test_systems_that_say_less(tmp_path, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    monkeypatch.setattr(memory.os, "sysconf", lambda name: {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}[name])
    assert available_memory(tmp_path) == 40_960
    monkeypatch.delattr(memory.os, "sysconf")
    assert available_memory(tmp_path) == np.inf


def test_this_machine():
    assert 2**20 < available_memory() < 2**50


def test_the_sentence(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 10 * 2.0**30)
    require_memory("f", 9 * 2.0**30, "things", "Pass less.")
    with pytest.raises(
        ValueError,
        match=r"^f needs 9\.01 GiB of memory for things, got 10 GiB available: it would not fit\. Pass less\.$",
    ):
        require_memory("f", 9.01 * 2.0**30, "things", "Pass less.")
    monkeypatch.setattr(memory, "available_memory", lambda: 0.0)
    require_memory("f", 2**26, "things", "Pass less.")
    assert in_words(1.5 * 2**20) == "1.5 MiB"


HUGE = {
    "gaussian": lambda: dl.initial.gaussian([4, 10**7, 10**7, 2]),
    "orthogonal": lambda: dl.initial.orthogonal([4, 10**7, 10**7, 2]),
    "decoupled": lambda: dl.initial.decoupled(TASK, [2, *[10**6] * 5, 2]),
    "balanced": lambda: dl.initial.balanced([2, 10**7, 10**7, 2], rng=0),
    "identity_like": lambda: dl.initial.identity_like([10**7, 10**7]),
    "descend": lambda: dl.descend(TASK, (np.eye(2),), rate=[0.1] * 1000, steps=10**11, record=100),
    "spectrum": lambda: spectrum([1.0], targets=[1.0], widths=[1] * 100_001),
    "gaussian_product_spectra": lambda: gaussian_product_spectra(10**6, 3),
}


@pytest.mark.parametrize("function", HUGE)
def test_sizes_that_follow_from_arguments_are_refused_before_they_are_filled(function):
    with pytest.raises(ValueError, match=rf"^{function} needs \S+ GiB of memory for .*, got \S+ [GM]iB available"):
        HUGE[function]()


def test_recorded_maps_and_states(monkeypatch):
    run = dl.descend(TASK, (np.eye(2),), rate=0.1, steps=2000, record=1)
    monkeypatch.setattr(memory, "SMALL", 1000)
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000.0)
    with pytest.raises(ValueError, match=r"^maps needs 0\.122 MiB of memory for end-to-end maps at 2001 records"):
        _ = run.maps
    with pytest.raises(ValueError, match=r"^weights_at needs 0\.122 MiB of memory for weights at 2001 records"):
        run.weights_at(run.times)
    with pytest.raises(ValueError, match=r"^flow needs 0\.244 MiB of memory for weights and maps at 2000 records"):
        dl.flow(TASK, (np.eye(2),), np.linspace(0, 1, 2000))


def test_wide_starts_that_are_never_formed_are_not_refused():
    start = dl.initial.reduced_orthogonal(TASK, [2, *[10**8] * 50, 2], rng=0)
    assert start.widths[1] == 10**8


def test_depths_of_predictions():
    with pytest.raises(
        ValueError, match=r"^predict needs depth <= 10000, got depth=100000: sharpness along chains that long"
    ):
        predict(TASK, depth=100_000)
    found = predict(TASK, depth=1000)
    assert np.isfinite(found.half_times).all()
    with pytest.raises(ValueError, match=r"^predict needs a whole width >= 1"):
        predict(TASK, width=0)
    assert_allclose(predict(TASK, width=10**12).half_times, predict(TASK).half_times)


@pytest.mark.slow
def test_learning_times_at_the_deepest_are_those_of_infinite_depth():
    times = [predict(TASK, depth=depth).half_times for depth in (5000, 10_000)]
    assert_allclose(times[1] + (times[1] - times[0]), times[1], rtol=1e-3)


def test_bytes_of_a_start():
    """Three layers of 2e13 + 1e14 + 2e13 numbers, and three times the largest while its frame is made."""
    with pytest.raises(
        ValueError, match=r"^gaussian needs 3\.28e\+06 GiB of memory for 3 layers of width 10000000, got"
    ):
        dl.initial.gaussian([2 * 10**6, 10**7, 10**7, 2 * 10**6])
