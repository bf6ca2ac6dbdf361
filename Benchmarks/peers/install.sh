#!/usr/bin/env bash
# Installs the peers and what judges them, each into a virtual environment of its own, since their pins exclude each other.
# SWIFT is no package of an index: it comes from its repository, or from the folder that ENTREPOT_DPSYNTH names, and needs Python 3.12
# or 3.13. Where it cannot be had, the benchmark goes on without it.
set -euo pipefail
target=${1:?usage: install.sh FOLDER}
mkdir -p "$target"
environment() {
    local name=$1 python=$2
    shift 2
    [[ -x $target/$name/done ]] && return
    "$python" -m venv "$target/$name"
    "$target/$name/bin/pip" -q install "$@"
    ln -sf bin/python "$target/$name/done"
}
environment mbi python3 "mbi==2.0.0" "jax[cpu]==0.10.2" pandas
environment dpmm python3 "dpmm==0.1.9"
environment judge python3 "sdmetrics==0.32.0" "scikit-learn==1.9.1"

dpsynth=${ENTREPOT_DPSYNTH:-git+https://github.com/google/dpsynth@cf8075f}
swift() {
    local python
    for python in python3.13 python3.12 none; do "$python" --version >/dev/null 2>&1 && break; done
    [[ $python != none ]] || return 1
    environment swift "$python" "mbi==2.0.0" "jax[cpu]==0.10.2" absl-py attrs pandas "pydantic>=2" pyyaml dp-accounting \
        more-itertools networkx scipy tqdm etils || return 1
    "$target/swift/bin/python" -c 'import dpsynth' 2>/dev/null || "$target/swift/bin/pip" -q install --no-deps "$dpsynth"
}
swift || echo "bench: without SWIFT, which could not be installed"
