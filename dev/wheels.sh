#!/usr/bin/env bash
# Resolves the pinned set to binary wheels for each supported Python, installing nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT
.venv/bin/python - > "$requirements" <<'PY'
import tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
print("\n".join(project["dependencies"]))
for extra in project["optional-dependencies"].values():
    print("\n".join(extra))
PY
for version in 3.11 3.12 3.13; do
  echo "Python $version"
  .venv/bin/python -m pip install --quiet --dry-run --ignore-installed --only-binary :all: \
    --python-version "$version" --target "$(mktemp -d)" -r "$requirements"
done
echo "all wheels resolve"
