#!/usr/bin/env bash
# Runs tests with the lowest versions of all dependencies that pyproject.toml admits, then with the newest, each in a new virtual environment.
#   tests/versions.sh                       the whole default suite, twice
#   tests/versions.sh tests/exact src       these tests only
set -uo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 - > "$folder/lowest.txt" <<'PY'
import re
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
tools = ("ruff", "pyright", "pre-commit")  # these test nothing
for line in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
    name, version = re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?[>=]=([\d.]+).*", line).groups()
    if name not in tools:
        print(f"{name}=={version}")
PY
: > "$folder/newest.txt"
failed=0
for end in lowest newest; do
  echo "== $end versions"
  start=$SECONDS
  python3 -m venv "$folder/$end"
  "$folder/$end/bin/pip" install --quiet --upgrade --upgrade-strategy eager -c "$folder/$end.txt" -e '.[test]' || { failed=1; continue; }
  "$folder/$end/bin/pip" list --format=freeze | grep -iE '^(numpy|scipy|jax|jaxlib|optax|scikit-learn|matplotlib|typer|click|rich)=='
  PATH="$folder/$end/bin:$PATH" python -m pytest "$@" </dev/null || failed=1
  echo "== $end versions: $((SECONDS - start)) s"
done
exit $failed
