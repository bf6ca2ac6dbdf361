#!/usr/bin/env bash
# Installs the peers, each into a virtual environment of its own, since their pins exclude each other.
set -euo pipefail
target=${1:?usage: install.sh FOLDER}
mkdir -p "$target"
environment() {
    local name=$1
    shift
    [[ -x $target/$name/done ]] && return
    python3 -m venv "$target/$name"
    "$target/$name/bin/pip" -q install "$@"
    ln -sf bin/python "$target/$name/done"
}
environment mbi "mbi==2.0.0" "jax[cpu]==0.10.2" pandas
environment dpmm "dpmm==0.1.9"
