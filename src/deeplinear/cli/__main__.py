"""``python -m deeplinear.cli`` is ``deeplinear``."""

from deeplinear.cli import main

main()
