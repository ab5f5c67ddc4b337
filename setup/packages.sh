# Installs Debian or Ubuntu packages that are missing; sourced by the other scripts of this folder.
# usage: need PACKAGE...      (does nothing for packages that are there)
need() {
    command -v dpkg-query >/dev/null 2>&1 || {
        echo "This is no Debian or Ubuntu: please install the equivalents of: $*" >&2
        return 0
    }
    missing=""
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    echo "Installing:$missing" >&2
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086  # a list of packages
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >&2
}

need_rust() {
    command -v cargo >/dev/null 2>&1 || {
        echo "Rust is missing: install it from https://rustup.rs, then run this again." >&2
        exit 1
    }
}
