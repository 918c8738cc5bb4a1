#!/usr/bin/env bash
# Resolves the pinned set to binary wheels for each supported Python, installing nothing.
# Two exceptions, docopt (wanted by num2words) and rouge-score, are pure Python and published as source
# alone: their wheels for any Python are built here first.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
.venv/bin/python -m pip wheel --quiet --no-deps --wheel-dir "$scratch/built" docopt==0.6.2 rouge-score==0.1.2
for version in 3.11 3.12 3.13; do
  echo "Python $version"
  # pip judges markers by the Python that runs it: they are judged here, for the Python that is meant.
  .venv/bin/python - "$version" > "$scratch/requirements" <<'PY'
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
        print(wanted)
PY
  .venv/bin/python -m pip install --quiet --dry-run --ignore-installed --only-binary :all: \
    --find-links "$scratch/built" --python-version "$version" --target "$scratch/target" \
    -r "$scratch/requirements"
done
echo "all wheels resolve"
