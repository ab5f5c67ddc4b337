#!/bin/sh
# Installs what is missing, builds Rhapsode and renders a piece: sh setup/render.sh [SCRIPT [OUTPUT]]
set -eu
cd "$(dirname "$0")/.."
. setup/packages.sh
need_rust
need gcc libc6-dev pkg-config libasound2-dev libjack-jackd2-dev sonic-pi-samples
script="${1:-scripts/night_drive.rhai}"
output="${2:-$(basename "${script%.rhai}").wav}"
cargo build --release --quiet
target/release/rhapsode render "$script" -o "$output" --threads 2 --allow /usr/share/sonic-pi/samples
