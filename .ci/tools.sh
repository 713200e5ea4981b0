# Finds the tools that ./dev and .ci/ need, installs the missing ones where it may, and says so.
# Sourced, with the current folder at the root of the repository.

say() {
    printf '%s\n' "$*" >&2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Something that was left out for want of a tool. CI wants to see the reason, not to fail on it.
skip() {
    say "SKIPPED: $*"
}

# The oldest toolchain that builds the workspace, as Cargo.toml has it.
rust_version() {
    sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' Cargo.toml
}

need_rust() {
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
        export PATH
    fi
    wanted=$(rust_version)
    if ! have cargo; then
        say "There is no Rust toolchain here. Get Rust $wanted or newer with rustup:"
        say "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
        say 'then open a new terminal and run this again.'
        exit 69
    fi
    found=$(rustc --version | cut -d ' ' -f 2)
    if [ "$(minor_of "$found")" -lt "$(minor_of "$wanted")" ]; then
        say "Rust $found is too old: this workspace needs $wanted or newer. Run: rustup update stable"
        exit 69
    fi
}

minor_of() {
    printf '%s\n' "$1" | cut -d . -f 2
}

need_compiler() {
    have cc || have gcc || install_packages 'a linker for Rust and a C compiler' 'gcc libc6-dev' ''
}

# Postgres and Redis programs, unless servers are given. The search is that of `rekindle stack`.
need_servers() {
    if [ -z "${DATABASE_URL:-}" ] && ! has_postgres; then
        install_packages 'a private Postgres under .rekindle/' postgresql postgresql@17
    fi
    if [ -n "${DATABASE_URL:-}" ] && ! have psql && ! has_postgres; then
        install_packages 'psql, to reach DATABASE_URL' postgresql-client libpq
    fi
    if [ -z "${REDIS_URL:-}" ] && [ -z "${REKINDLE_REDIS_SERVER:-}" ] &&
        ! have redis-server && ! have valkey-server; then
        install_packages 'a private Redis under .rekindle/' redis-server redis
    fi
}

has_postgres() {
    [ -z "${REKINDLE_PG_BIN:-}" ] || return 0
    have initdb && return 0
    for initdb in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb \
        /opt/homebrew/opt/postgresql@*/bin/initdb /usr/local/opt/postgresql@*/bin/initdb \
        /home/linuxbrew/.linuxbrew/opt/postgresql@*/bin/initdb \
        /Applications/Postgres.app/Contents/Versions/*/bin/initdb /usr/local/pgsql/bin/initdb; do
        [ ! -x "$initdb" ] || return 0
    done
    return 1
}

# install_packages WHY APT_PACKAGES BREW_PACKAGES
install_packages() {
    if [ "${REKINDLE_INSTALL:-yes}" = no ]; then
        say "Missing: $1 (apt packages: $2). REKINDLE_INSTALL=no forbids installing it."
        exit 69
    fi
    if have apt-get; then
        say "Installing $2 with apt-get: $1"
        # The names are a list.
        # shellcheck disable=SC2086
        as_root "apt-get install -y $2" \
            env DEBIAN_FRONTEND=noninteractive sh -c \
            'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh $2 >&2
    elif have brew && [ -n "$3" ]; then
        say "Installing $3 with brew: $1"
        # shellcheck disable=SC2086
        brew install $3 >&2
    else
        say "Missing: $1. Install it with this system's package manager (on Debian: $2) and run"
        say 'this again.'
        exit 69
    fi
}

# as_root WHAT_TO_TYPE COMMAND...
as_root() {
    typed=$1
    shift
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        say 'That needs an administrator. Ask one to run:'
        say "  $typed"
        exit 69
    fi
}

# python_environment NAME REQUIREMENTS: a virtual environment under .rekindle/python/NAME that holds
# exactly these packages. Fails, having said why, where that cannot be.
python_environment() {
    environment="${REKINDLE_HOME:-$PWD/.rekindle}/python/$1"
    if cmp -s "$2" "$environment/requirements.txt"; then
        return 0
    fi
    if ! have python3; then
        say 'there is no python3 here'
        return 1
    fi
    rm -rf "$environment"
    mkdir -p "$(dirname "$environment")"
    if ! python3 -m venv "$environment" >&2; then
        say 'python3 makes no virtual environments here (Debian: apt-get install python3-venv)'
        return 1
    fi
    say "installing the packages of $2 for Python, into $environment"
    if ! "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$2" >&2; then
        say "pip could not install $2"
        return 1
    fi
    cp "$2" "$environment/requirements.txt"
}
