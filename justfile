# What a contributor runs. `just` lists the recipes; everything also works without just (the commands are plain).

default:
    @just --list

# Build everything
build:
    cargo build --workspace --all-targets --features "$(scripts/features)"

# Pass every test, doc-tests included; `just test hostile` for some
test *args:
    scripts/test {{args}}

# Format, lints, spelling
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --features "$(scripts/features)" -- -D warnings
    typos

# Rewrite the source in the house's format
fmt:
    cargo fmt --all

# Where rules are tuned; `just lab pairs --out DIR`
lab *args:
    cargo run -q -p toolrm-lab -- {{args}}

# Criterion benches; `just bench parse` for one
bench *args:
    cargo bench -p toolrm-benches {{ if args == "" { "" } else { "--bench " + args } }}

# Side by side with the official BFCL decoder, jsonschema and fastjsonschema
peers:
    benches/peers/run

# Kill `toolrm bench build` and `run` (bench QUESTIONS RUNS) or `toolrm data build` (data CONFIG ROOT) at random moments, resume, compare
kill what first second times="20":
    scripts/kill-and-resume {{what}} {{first}} {{second}} {{times}}

# Open exported pairs with pyarrow, datasets, TRL, verl and OpenRLHF (installs them: several GB)
exports folder:
    scripts/check-exports {{folder}}

# Build pairs as shards under Ray Data, kill some, compare with one machine's
ray config root:
    scripts/check-ray {{config}} {{root}}

# Fuzz one target: `just fuzz parse_any 300`
fuzz target seconds="60":
    fuzz/run {{target}} {{seconds}}

# The documentation, as published
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --features "$(scripts/features)" --no-deps --open

# Licences, versions and sources of dependencies
deny:
    cargo deny check licenses bans sources
    scripts/count-deps

# Spelling
typos:
    typos

# Accept or refuse changed snapshots
review:
    cargo insta review

# All that must hold before a change lands
ci:
    .ci/run
