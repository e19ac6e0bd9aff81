"""The limits by which claims are judged, as agreed: loosening one is a decision, and shows here. ``…`` depends on the data."""

import re

import pytest
from tests.figures.conftest import computed

from deeplinear.figures import FIGURES

LIMITS = {
    "fig2": [
        "-1.000000 1.000000 ± 1e-05",
        "largest difference < 1e-12",
        "points on the grid: 1; their distance from the origin 0",
        "drift < 1e-12",
        "ratio 2.000 ± 0.1",
        "ab = 1.0000 ± 0.001; on their side: 8",
        "distance < 0.05; ratio 2.000 ± 0.1",
    ],
    "fig3": [
        "224 ± 11, 318 ± 16, 370 ± 19, 446 ± 22, 595 ± 30, 819 ± 41, 985 ± 49 epochs",
        "starts out of order, of 6: 0 0",
        "modes left: 0 0; last at < 3200 epochs",
        "5.8 ± …, 5.9 ± …, 6.0 ± …, 6.4 ± …, 8.1 ± …, 10.4 ± …, 21.6 ± … %; modes beyond two: < 2",
        "steps > -2; whole > 2 standard errors",
        "6.7 ± …, 8.9 ± …, 11.2 ± …, 14.6 ± …, 21.7 ± …, 35.0 ± …, 44.3 ± … %; modes beyond two: < 2",
        "steps > -2; whole > 2 standard errors",
        "> 2 standard errors",
        "0 to 2.028, 0 to 1.417, 0 to 1.227, 0 to 0.955, 0 to 0.7225, 0 to 0.5065, 0 to 0.4216 %",
        "off by < 2 %",
        "distance < 9.235 % of the target; ratio 2.000 ± 0.1",
    ],
    "fig4": [
        "< 1.6 times the iterations",
        "constant 0.500 ± 0.05; rms deviation < 10 %",
        "rms deviation < 20 %",
        "exponent -0.83 ± 0.21",
        "exponent -1.00 ± 0.1",
        "2 to 4 times 1/Λ₁",
        "> 1 times the threshold",
        "< 1 times the threshold",
        "wide …; narrow …",
        "stable < 1e-12; best < 1e-08 of the first loss",
    ],
    "fig5": [
        "> 5 standard deviations",
        "off its diagonal 0.0174063505 ± 1e-09",
        "< … epochs",
        "< … epochs",
        "> 0.3 of the time; < 50 epochs",
        "< … epochs; > 3 times the rate",
        "< … epochs",
        "0 to 5 %; apart < 1 %",
        "< 3 %",
        "< -2 %",
        "< 3 %",
        "< -2 %",
        "< 0.1",
        "rise < 1e-09; left < 0.15",
    ],
    "fig6a": [
        "≤ 1.3 times",
        "orthogonal 1 to 3 iterations; pretrained 1 to 3 iterations",
        "> 2 standard errors smaller",
        "Gaussian exponent > 0.5; > 5 standard errors above orthogonal",
        "> 20 iterations",
        "0.5 to 2 times; > 2 depths",
        "1 to 1.2 times",
        "exponent -1.00 ± 0.15",
        "< …",
        "≥ 90 %",
        "… iterations",
        "distance < 1e-13",
        "< 0.05",
    ],
    "fig6bc": [
        "< 0.02021",
        "0.5 ± 0.02",
        "0.0064 0.1991 0.8919 ± 0.02",
        "0.3910 0.2154 0.0329 ± 0.02",
        "1.869 to 2.04, 3.057 to 3.941, 2.39 to 16.77",
        "1.977 ± 0.3, 5.4 ± 0.81; rising",
        "0.000 0.000 0.503 ± 0.071",
        "1.0000 ± 0.014, 1.0000 ± 0.056",
        "root mean square 0.5 to 2; median < 1e-12",
        "-0.51219 ± 0.02, -2.561 ± 0.044, -50.707 ± 0.2",
        "distance < 1e-12",
        "0.32 ± 2, 31.55 ± …, 94.34 ± … %",
        "32.0 ± …, 94.0 ± … %",
        "< 0.0701",
        "-0.347 ± 0.1; falling",
    ],
    "fig7": [
        "at most < 5; rms < 2 standard errors",
        "0.00 ± 5 %",
        "> 0 %; over narrow ones 1.00 ± 0.5",
        "< 5 standard deviations",
        "< 0.04472",
        "< 0.03072",
        "0.000 ± …",
        "0.5 to 2; next > 5 1000 1000",
        "at most < 5; rms < 2 standard errors",
        "> 0.5; 1.000 0.876 0.572 ± 0.045",
        "-2.86 -1.37 ± 0.15",
        "> 30; < 1",
        "below: 0.000 0.000 0.000 0.000 0.000 0.000; above: > 0.6",
        "largest s < 0.0001; decades < …",
        "< 6.457 decades",
        "< 6.634 6.715 6.887 decades",
    ],
    "fig8": [
        "0.0842 0.1472 0.2737 0.3943 0.5200 0.5894 0.6353 0.6684 0.7573",
        "< 1; falling",
        "0.005121 0.005069; lq = 0.5000 ± 0.015",
        "0.0101 0.0205 0.0533 0.11275 0.2495 0.4090 0.7934 1.3928 2.1215 3.9610 6.3054",
        "1.0001 1.0005 1.0029 1.0102 1.0335 1.0644 1.1393 1.2469 1.3627 1.6070 1.8599",
        "ratio 2.000 ± 0.1; g = 1.01 1.02",
        "critical gain 1; up to one: 0 0 0 0; above: > 0.01",
        "0.1127 ± 0.0023, 0.2495 ± 0.005, 0.409 ± 0.0082, 0.7934 ± 0.016, 1.393 ± 0.028, 2.121 ± 0.042, 3.961 ± 0.079, "
        "6.305 ± 0.13",
        "< 5 standard errors",
        "0.000336 ± …, 0.00336 ± …, 0.0192 ± …; g = 0.90 0.95 1.00",
        "0.6400 ± 0.0032, 0.8096 ± 0.004, 0.8971 ± 0.0045",
    ],
    "gains": [
        "g > 1",
        "change with depth ≤ 0; deepest g < 1.4",
        "< 1.5 times",
        "g = 1.423 ± 0.14, 1.239 ± 0.08",
        "1.32 ± 0.066",
        "> 1.3 times; distance from one < 0.4 0.2",
        "> 3 times",
        "> 3 times; < … times",
        "exponent < 0.7; at one > …",
        "deepest > 3 times",
        "> … %",
        "< … %",
        "least > 1 times; at one > 10 times",
    ],
}


@pytest.mark.parametrize("name", FIGURES)
def test_limits_are_those_agreed(name):
    found = [claim.expected for claim in FIGURES[name].claims(computed(name))]
    assert len(found) == len(LIMITS[name])
    for expected, agreed in zip(found, LIMITS[name], strict=True):
        pattern = ".+".join(map(re.escape, agreed.split("…")))
        assert re.fullmatch(pattern, expected), (expected, agreed)


def test_paper_scale_has_the_papers_sizes():
    """Sections and captions of arXiv:1312.6120."""
    paper = {
        "fig2": {"s": 1.0},
        "fig3": {"levels": 5, "features": 1000, "seeds": 100, "modes": (1, 2, 3, 5, 12, 18, 31)},
        "fig4": {"data": "mnist", "width": 1000, "rates": 20, "threshold": 1.3e4, "strength": 1e-3},
        "fig5": {"data": "mnist", "hidden": (200, 200, 200), "std": 0.01},
        "fig6a": {"data": "mnist", "width": 1000},
        "fig6bc": {"n": 1000, "realisations": 500, "bin_width": 0.1, "factors": (1, 5, 99)},
        "fig7": {"n": 1000, "layers": 100},
        "fig8": {"n": 1000, "layers": 30, "last": 5},
        "gains": {"data": "mnist", "depths": (10, 30, 100)},
    }
    for name, sizes in paper.items():
        assert {key: FIGURES[name].PAPER[key] for key in sizes} == sizes
