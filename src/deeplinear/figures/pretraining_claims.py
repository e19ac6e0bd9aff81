"""What Fig. 5 says, held against its arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from deeplinear.figures.claim import Claim, listed

Data = dict[str, Any]

# theory handbook, section 10: scores (all, first three, whole matrix in pixels, outside the span) and random bases
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
        expected, (mean, sd) = np.array(MNIST_SCORES[inputs]), MNIST_RANDOM[inputs]
        rows.append(
            Claim(
                f"V'Σ¹¹V off its diagonal, {inputs} MNIST: all modes, first three, in pixels, outside the span",
                listed(expected, ".3g"),
                listed(scores, ".3f"),
                (np.abs(scores - expected) < [6e-4, 6e-4, 6e-4, 6e-3]).all(),
            )
        )
        error = 5 * sd * np.sqrt(1 / 20 + 1 / len(random))
        rows.append(
            Claim(
                f"the same in random directions, {inputs}: five standard errors of two samples",
                f"{mean:.2f} ± {error:.2f}",
                f"{random.mean():.3f}",
                abs(random.mean() - mean) < error,
            )
        )
    cosines = data["cosines"]
    rows.append(
        Claim(
            "V against the ten leading principal components, cosines: the first seven agree, the last three do not",
            listed(MNIST_COSINES, ".3f"),
            listed(cosines, ".3f"),
            len(cosines) == len(MNIST_COSINES) and bool((np.abs(cosines - MNIST_COSINES) < 6e-4).all()),
        )
    )
    return rows


def score_claims(data: Data) -> list[Claim]:
    """What holds for any of the data sets."""
    mean, sd = data["random"].mean(axis=1), data["random"].std(axis=1, ddof=1)
    block = data["block"]
    apart = np.linalg.norm(block - np.diag(np.diag(block))) / np.linalg.norm(block)
    return [
        Claim(
            "the task's modes are nearer to principal components than random directions are, raw and centred",
            "> 5 standard deviations",
            listed((mean - data["scores"][:, 0]) / sd, ".1f"),
            bool(((mean - data["scores"][:, 0]) / sd > 5).all()),
        ),
        Claim(
            "the matrix drawn is the one scored",
            f"{data['scores'][0, 0]:.4f}",
            f"{apart:.4f}",
            abs(apart - data["scores"][0, 0]) < 1e-9,
        ),
    ]


def race_claims(data: Data) -> list[Claim]:
    """Who is first, and when."""
    share = float(data["share"])
    rows = []
    for inputs in MNIST_SCORES:
        random = reached(data, f"{inputs}_random", share)
        tuned = reached(data, f"{inputs}_pretrained", share)
        rows.append(
            Claim(
                f"at one rate for everything, the pretrained network is first, pretraining included; {inputs} inputs",
                "fewer epochs",
                f"{spent(data, inputs)} + {tuned:.0f} against {random:.0f}",
                spent(data, inputs) + tuned < random,
            )
        )
    plateau = reached(data, "raw_random", 1 / 3) / reached(data, "raw_random", share)
    early = reached(data, "raw_pretrained", 1 / 3)
    best = [np.nanmin(data[f"raw_{start}_learned"]) for start in ("random", "pretrained")]
    steep = float(np.divide(data["raw_random_best_rate"], data["raw_pretrained_best_rate"]))
    learnable = float(data["centred_random_first"] - data["centred_random_floor"])
    gaps = [
        float(data[f"centred_{s}_loss"][-1] - data[f"centred_{s}_floor"]) / learnable for s in ("random", "pretrained")
    ]
    return [
        *rows,
        Claim(
            "the random network rests on plateaus: part of its learning time before a third is learned; the pretrained one does not",
            "> 0.3 of the time; < 50 epochs",
            f"{plateau:.2f}; {early:.0f} epochs",
            plateau > 0.3 and early < 50,
        ),
        Claim(
            "against the paper: at its own best rate the random network is first once pretraining is counted",
            f"best rate > 3 times the pretrained one's; before {spent(data, 'raw')}",
            f"{steep:.1f} times; {best[0]:.0f} against {spent(data, 'raw') + best[1]:.0f} epochs",
            steep > 3 and best[0] < spent(data, "raw") + best[1],
        ),
        Claim(
            "fine-tuning alone is faster even then",
            "fewer epochs",
            f"{best[1]:.0f} against {best[0]:.0f}",
            best[1] < best[0],
        ),
        Claim(
            "both go to the same error, the best linear map's: left at the end, of what can be learned; centred inputs",
            "< 5 %, < 1 % apart",
            listed(100 * np.array(gaps), ".2f") + " %",
            min(gaps) > 0 and max(gaps) < 0.05 and max(gaps) - min(gaps) < 0.01,
        ),
    ]


def theory_claims(data: Data) -> list[Claim]:
    """How far pretraining and fine-tuning are what theory says."""
    rows = []
    for inputs in MNIST_SCORES:
        run = f"{inputs}_pretrained"
        times, learnable = data[f"{run}_times"], float(data[f"{run}_first"] - data[f"{run}_floor"])
        apart = (data[f"{run}_loss"] - data[f"{run}_theory"]) / learnable
        early = (times > 0) & (times <= max(reached(data, run, 0.5), times[1]))
        worst = np.abs(apart[early]).max(initial=0.0)
        rows.append(
            Claim(
                "until half is learned, the pretrained network's error is that of separate components behind encoders that "
                f"rest, M in closed form, as a share of what can be learned; {inputs} inputs",
                "within 3 %",
                f"{100 * worst:.1f} %",
                early.any() and worst < 0.03,
            )
        )
        rows.append(
            Claim(
                f"later the encoders move too, and it learns what they had lost; {inputs} inputs",
                "less error than encoders that rest",
                f"{100 * apart[-1]:.1f} %",
                apart[-1] < -0.02,
            )
        )
    mixed = np.array([data[f"{inputs}_pretrained_mixed"] for inputs in MNIST_SCORES])
    errors = data["raw_pretrained_errors"]
    return [
        *rows,
        Claim(
            "the encoders leave components apart: correlation of the top representation in them, off its diagonal (raw, centred)",
            "< 0.1",
            listed(mixed, ".3f"),
            bool((mixed < 0.1).all()),
        ),
        Claim(
            "every layer's reconstruction error falls, raw inputs; share left",
            "never rising, < 0.15",
            listed(errors[:, -1] / errors[:, 0], ".3f"),
            bool(
                (np.diff(errors, axis=1) <= 1e-9 * errors[:, :1]).all() and (errors[:, -1] < 0.15 * errors[:, 0]).all()
            ),
        ),
    ]
