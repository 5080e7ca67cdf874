#!/usr/bin/env bash
# Packages written for HIPS autograd, with this package in its place: known solutions are found, and
# models of lifelines come out as with HIPS autograd itself. Downloads all of them; a few minutes.
set -euo pipefail
cd "$(dirname "$0")"
work=${1:-$(mktemp -d)}
packages=(lifelines==0.30.3 pymanopt==2.2.1 autograd-gamma==0.5.0 autoptim==0.3)
needed=(numpy scipy "pandas<3" matplotlib formulaic graphviz)

python3 -m venv "$work/theirs"
"$work/theirs/bin/python" -m pip install -q "${packages[@]}" "${needed[@]}"
python3 -m venv "$work/ours"
"$work/ours/bin/python" -m pip install -q "${needed[@]}"
"$work/ours/bin/python" -m pip install -q --no-deps "${packages[@]}" ../..

for program in gamma_and_autoptim pymanopt_examples; do
    "$work/ours/bin/python" "$program.py"
done
for side in theirs ours; do
    "$work/$side/bin/python" lifelines_numbers.py > "$work/$side.json"
done
"$work/ours/bin/python" compare.py "$work/ours.json" "$work/theirs.json"
