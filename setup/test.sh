#!/bin/sh
# Installs what the tests need and runs them all, with formatting, lints and documentation: sh setup/test.sh
set -eu
cd "$(dirname "$0")/.."
. setup/packages.sh
need_rust
need gcc libc6-dev pkg-config libasound2-dev libjack-jackd2-dev sonic-pi-samples
# Devices are tested against a JACK server of their own, which needs no hardware.
need jackd2 jack-capture libasound2-plugins
# Clocks and notes of other programs: jack_midi_clock, jack_mclk_dump; jack_midiseq comes with jackd2.
need jack-midi-clock
# Real MIDI files.
need mma
# A program that sounds are sent through.
need sox
# Real plugins, as VST3 and CLAP; those of our own are built by the tests.
need zam-plugins
# Other hosts give the samples that they are compared with; the tests install them from PyPI.
need python3 python3-venv
# Functions of scripts are compiled for another machine, and run there under emulation.
need qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
# The bindings of editors are run in their editors.
need neovim emacs-nox
command -v node >/dev/null 2>&1 || need nodejs
rustup component add rustfmt clippy >/dev/null 2>&1 || true
cargo fmt --check
cargo clippy --all-targets --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet
cargo test
# The same bits from the program as it is released.
cargo test --test golden -- --ignored
