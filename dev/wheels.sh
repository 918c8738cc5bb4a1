#!/usr/bin/env bash
# Resolves the pinned set to binary wheels for each supported Python, installing nothing.
# One exception: num2words needs docopt, which is pure Python and published as source alone; so num2words
# is resolved without it.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for version in 3.11 3.12 3.13; do
  echo "Python $version"
  # pip judges markers by the Python that runs it: they are judged here, for the Python that is meant.
  .venv/bin/python - "$version" > "$scratch/requirements" 2> "$scratch/alone" <<'PY'
import sys, tomllib
from packaging.requirements import Requirement

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
lines = list(project["dependencies"])
for extra in project["optional-dependencies"].values():
    lines += extra
for line in lines:
    wanted = Requirement(line)
    if wanted.marker is None or wanted.marker.evaluate({"python_version": sys.argv[1]}):
        wanted.marker = None
        print(wanted, file=sys.stderr if wanted.name == "num2words" else sys.stdout)
PY
  .venv/bin/python -m pip install --quiet --dry-run --ignore-installed --only-binary :all: \
    --python-version "$version" --target "$scratch/target" -r "$scratch/requirements"
  .venv/bin/python -m pip install --quiet --dry-run --ignore-installed --only-binary :all: --no-deps \
    --python-version "$version" --target "$scratch/target" -r "$scratch/alone"
done
echo "all wheels resolve"
