"""What every command prints alike: JSON, and one line on standard error."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def say_json(value: Any) -> None:
    """Print JSON in ASCII, which any terminal and any reader takes."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def say_wrong(text: str) -> None:
    """Print exactly one line on standard error."""
    sys.stderr.write(f"deeplinear: {' '.join(text.split())}\n")
