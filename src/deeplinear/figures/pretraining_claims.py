"""What Fig. 5 says, held against its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from deeplinear.figures.claim import Claim, above, below, between, claim, near

Data = dict[str, Any]

# for MNIST, by a program that shares no code with this package: scores (all modes, the first three, the whole matrix in pixels,
# outside the span), and mean and standard deviation of 20 random bases
MNIST_SCORES = {"raw": (0.032, 0.021, 0.991, 0.04), "centred": (0.126, 0.029, 0.954, 0.21)}
MNIST_RANDOM = {"raw": (0.70, 0.08), "centred": (0.42, 0.05)}
MNIST_COSINES = (1.000, 0.996, 0.995, 0.983, 0.959, 0.948, 0.909, 0.587, 0.333, 0.254)


def reached(data: Data, run: str, share: float) -> np.float64:
    """Epochs at which a long run has learned this share of what can be learned; NaN for never."""
    loss, first, floor = data[f"{run}_loss"], data[f"{run}_first"], data[f"{run}_floor"]
    below = loss < first - share * (first - floor)
    return np.float64(data[f"{run}_times"][np.argmax(below)] if below.any() else np.nan)


def spent(data: Data, inputs: str) -> int:
    """Epochs of pretraining, all layers."""
    return int(data[f"{inputs}_pretrained_spent"].sum())


def claims(data: Data) -> list[Claim]:
    """Diagonality, the race at one rate and at the best rates, and the theory of fine-tuning."""
    known = mnist_claims(data) if data["data"] == "mnist" else []
    return [*known, *score_claims(data), *race_claims(data), *theory_claims(data)]


def mnist_claims(data: Data) -> list[Claim]:
    """Digits known for MNIST."""
    rows = []
    for inputs, scores, random in zip(MNIST_SCORES, data["scores"], data["random"], strict=True):
        mean, sd = MNIST_RANDOM[inputs]
        rows += [
            claim(
                f"V'Σ¹¹V of {inputs} MNIST off its diagonal: for all modes, for the first three, in pixels, and outside the span.",
                near(scores, MNIST_SCORES[inputs], [6e-4, 6e-4, 6e-4, 6e-3], ".3f"),
            ),
            claim(
                f"In random directions Σ¹¹ of {inputs} MNIST is this far off its diagonal, within five standard errors of two samples.",
                near(random.mean(), mean, 5 * sd * np.sqrt(1 / 20 + 1 / len(random)), ".3f"),
            ),
        ]
    return [
        *rows,
        claim(
            "V and the ten leading principal components of MNIST: the cosines of the first seven are near 1, those of the last three "
            "are not.",
            near(data["cosines"], MNIST_COSINES, 6e-4, ".3f"),
        ),
    ]


def score_claims(data: Data) -> list[Claim]:
    """What holds for any of the data sets."""
    mean, sd = data["random"].mean(axis=1), data["random"].std(axis=1, ddof=1)
    block = data["block"]
    apart = np.linalg.norm(block - np.diag(np.diag(block))) / np.linalg.norm(block)
    return [
        claim(
            "The task's modes are nearer to principal components than random directions are, for raw and for centred inputs.",
            above((mean - data["scores"][:, 0]) / sd, 5, ".1f", unit=" standard deviations"),
        ),
        claim(
            "The plotted matrix is the one that the score was computed from.",
            near(apart, data["scores"][0, 0], 1e-9, ".10f", what="off its diagonal "),
        ),
    ]


def race_claims(data: Data) -> list[Claim]:
    """Who is first, and when."""
    share, rows = float(data["share"]), []
    for inputs in MNIST_SCORES:
        random = reached(data, f"{inputs}_random", share)
        tuned = reached(data, f"{inputs}_pretrained", share)
        rows.append(
            claim(
                f"At one learning rate for everything, the pretrained network learns first, counting the pretraining; {inputs} inputs.",
                below(spent(data, inputs) + tuned, random, ".0f", unit=" epochs"),
                aside=f"{spent(data, inputs)} + {tuned:.0f}",
            )
        )
    plateau = reached(data, "raw_random", 1 / 3) / reached(data, "raw_random", share)
    best = [np.nanmin(data[f"raw_{start}_learned"]) for start in ("random", "pretrained")]
    steep = np.divide(data["raw_random_best_rate"], data["raw_pretrained_best_rate"])
    learnable = float(data["centred_random_first"] - data["centred_random_floor"])
    gaps = [
        100 * float(data[f"centred_{s}_loss"][-1] - data[f"centred_{s}_floor"]) / learnable
        for s in ("random", "pretrained")
    ]
    return [
        *rows,
        claim(
            "The randomly initialised network spends more than 0.3 of its learning time on plateaus before a third of the task is "
            "learned; the pretrained one learns a third at once; raw inputs.",
            above(plateau, 0.3, ".2f", unit=" of the time"),
            below(reached(data, "raw_pretrained", 1 / 3), 50, ".0f", unit=" epochs"),
        ),
        claim(
            "Against the paper: each network at its own best rate, the random one learns first once pretraining is counted, since "
            "its best rate is larger; raw inputs.",
            below(best[0], spent(data, "raw") + best[1], ".0f", unit=" epochs"),
            above(steep, 3, ".1f", unit=" times the rate"),
        ),
        claim(
            "Each network at its own best rate, fine-tuning alone takes fewer epochs than learning from the random start; raw inputs.",
            below(best[1], best[0], ".0f", unit=" epochs"),
        ),
        claim(
            "The random and the pretrained network end at the error of the best linear map: excess at the end, as a share of what can "
            "be learned; centred inputs.",
            between(gaps, 0, 5, ".2f", unit=" %"),
            below(max(gaps) - min(gaps), 1, ".2f", what="apart ", unit=" %"),
        ),
    ]


def theory_claims(data: Data) -> list[Claim]:
    """How far pretraining and fine-tuning are what theory says."""
    rows = []
    for inputs in MNIST_SCORES:
        run = f"{inputs}_pretrained"
        times, learnable = data[f"{run}_times"], float(data[f"{run}_first"] - data[f"{run}_floor"])
        apart = 100 * (data[f"{run}_loss"] - data[f"{run}_theory"]) / learnable
        early = (times > 0) & (times <= max(reached(data, run, 0.5), times[1]))
        rows += [
            claim(
                "Until half is learned, the pretrained network's error is that of separate components behind encoders at rest, M in "
                f"closed form: largest difference, as a share of what can be learned; {inputs} inputs.",
                below(np.abs(apart[early]).max() if early.any() else np.nan, 3, ".1f", unit=" %"),
            ),
            claim(
                "Later the encoders move too, and the network learns what they had lost: its error at the end less that with encoders "
                f"at rest, as a share of what can be learned; {inputs} inputs.",
                below(apart[-1], -2, ".1f", unit=" %"),
            ),
        ]
    errors = data["raw_pretrained_errors"]
    rise = (np.diff(errors, axis=1) / errors[:, :1]).max()
    return [
        *rows,
        claim(
            "The encoders leave the components apart: correlation of the top representation in them, off its diagonal, for raw and "
            "for centred inputs.",
            below([data[f"{inputs}_pretrained_mixed"] for inputs in MNIST_SCORES], 0.1, ".3f"),
        ),
        claim(
            "The reconstruction error of every layer falls, raw inputs: largest rise in an epoch, and error at the end, as shares of "
            "the first error.",
            below(rise, 1e-9, ".1e", what="rise "),
            below(errors[:, -1] / errors[:, 0], 0.15, ".3f", what="left "),
        ),
    ]
