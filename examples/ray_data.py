"""Builds preference pairs as shards under Ray Data and merges them: the same bytes as a build on one machine.

    pip install 'ray[data]==2.60.0'
    python examples/ray_data.py CONFIG.toml --root DATA --out DIR --shards 4 --workers 2 --toolrm target/release/toolrm

Ray Data holds one row for each shard and maps it by a process of `toolrm data build --shard I/N`; `toolrm data merge` then makes one
build of all of them. Ray decides where and when a shard is built, the command alone what is in it: neither the number of shards or
workers nor a death on the way changes a byte.

Where things are: CONFIG.toml, DATA, DIR.shards and the program have one absolute path on all machines of the cluster and on the one that
runs this script; a shared file system gives that. Without one, copy CONFIG.toml, DATA and the program to every machine beforehand, and
only DIR.shards (--shards-dir) need be shared. It must be a real file system, since the journal of a shard is appended to and locked: a
plain mount of an object store is not. Sync the build to the store when it is done.

What fails: when a worker or a machine dies, Ray starts the shard again, and it goes on where its journal ends. The same when the process
of a shard dies (killed, out of memory, a full disk), --retries times. Exit code 2 of the command says that the configuration or the data
is wrong; no other try would help, so none is made. The other shards are built all the same. At the end every failed shard is reported
with what it printed last, nothing is merged, and the exit code is 1.

What is killed: run the script again as it was. Finished shards say so at once, half-done ones go on.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import ray
import ray.data

# What the command exits with when its input is wrong.
WRONG_INPUT = 2
# What stands for its exit code when it could not be started, as in a shell.
NO_START = 127
# How much of what a process printed is reported, in bytes.
TAIL = 2000


class ShardFailed(Exception):
    """The process of a shard ended as it should not; another try may end otherwise."""


def arguments():
    """The command line, with every path absolute: a worker's current folder is another."""
    about, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", metavar="CONFIG.toml", type=Path, help="the configuration, as for `toolrm data build`")
    parser.add_argument("--root", metavar="DATA", type=Path, required=True, help="the folder of the data it names")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the merged build goes")
    parser.add_argument("--shards", metavar="N", type=count, default=4,
                        help="how many parts; a few for each worker, so that none waits long for the last (default 4)")
    parser.add_argument("--workers", metavar="N", type=count, default=2, help="how many are built at a time (default 2)")
    parser.add_argument("--threads", metavar="N", type=count, default=1,
                        help="threads, and so CPUs, of each (default 1); the merge has as many")
    parser.add_argument("--retries", metavar="N", type=count_or_none, default=3,
                        help="how often the process of a shard is started again when it died (default 3)")
    parser.add_argument("--toolrm", metavar="PROGRAM", default="toolrm", help="the command (default: toolrm on the PATH)")
    parser.add_argument("--shards-dir", metavar="DIR", type=Path,
                        help="where the shards go, with a log each; may be deleted after the merge (default: DIR.shards)")
    parser.add_argument("--address", metavar="ADDRESS",
                        help="a Ray cluster that runs, `auto` for this machine's (default: one of this machine alone, for this run)")
    args = parser.parse_args()
    program = shutil.which(args.toolrm)
    if program is None:
        parser.error(f"--toolrm: no program {args.toolrm}; build it by: cargo build --release --package toolrm-cli")
    args.toolrm = os.path.abspath(program)
    args.shards_dir = args.shards_dir or args.out.with_name(args.out.name + ".shards")
    for name in ("config", "root", "out", "shards_dir"):
        setattr(args, name, Path(os.path.abspath(getattr(args, name))))
    return args


def count(text, least=1):
    """A whole number, not below the least."""
    number = int(text)
    if number < least:
        raise argparse.ArgumentTypeError(f"{text} is less than {least}")
    return number


def count_or_none(text):
    """A whole number, 0 too."""
    return count(text, least=0)


def shard_folder(args, shard):
    """The folder of a shard; it names the number of shards too, so that runs with other numbers do not meet."""
    return args.shards_dir / f"{shard}-of-{args.shards}"


def command(args, what, *more, out):
    """The command line of `toolrm data build` or `merge`."""
    line = [args.toolrm, "data", what, args.config, *more, "--root", args.root, "--out", out, "--threads", args.threads]
    return [str(word) for word in line]


def run_shard(row, args):
    """Builds the shard that a row names, on a worker; the row that comes out says what became of it.

    Raises ShardFailed when the process died, for Ray to try again.
    """
    shard = int(row["id"])
    folder = shard_folder(args, shard)
    start = time.monotonic()
    try:
        code = build(args, shard, folder)
        said = printed(folder)
    except OSError as error:
        # No program or no folder on this machine; a try on the same machine finds none either.
        code, said = NO_START, str(error)
    if code not in (0, WRONG_INPUT, NO_START):
        raise ShardFailed(f"shard {shard}/{args.shards} ended with exit code {code}")
    seconds = time.monotonic() - start
    return {"shard": shard, "seconds": seconds, "exit_code": code, "host": socket.gethostname(), "printed": said}


def build(args, shard, folder):
    """Runs the process of a shard to its end; its exit code, negative for the signal that killed it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    line = command(args, "build", "--shard", f"{shard}/{args.shards}", out=folder)
    # Into a file, not a pipe: it can be read when the worker is gone.
    with open(log_of(folder), "wb") as log:
        code = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT).returncode
        if code != 0:
            log.seek(0, os.SEEK_END)
            log.write(f"exit code {code}\n".encode())
    return code


def log_of(folder):
    """Where what the process of a shard prints goes: beside the shard, which holds files of the command alone."""
    return folder.with_name(folder.name + ".log")


def printed(folder):
    """The end of what the process of a shard printed."""
    return log_of(folder).read_bytes()[-TAIL:].decode(errors="replace").strip()


def build_shards(args):
    """Builds all shards; the rows of those that came to an end, in the order they came."""
    context = ray.data.DataContext.get_current()
    # The script itself tells of every shard.
    context.enable_progress_bars = False
    context.retried_map_errors = [ShardFailed.__name__]
    context.max_map_retries = args.retries
    # A shard that failed for good leaves no row; the others go on.
    context.max_errored_blocks = -1
    # One block for each row, so that each shard is a task of its own.
    shards = ray.data.range(args.shards, override_num_blocks=args.shards).map(
        run_shard, fn_args=(args,), num_cpus=args.threads, compute=ray.data.TaskPoolStrategy(size=args.workers)
    )
    rows = []
    for row in shards.iter_rows():
        rows.append(row)
        print(f"shard {row['shard']}: exit code {row['exit_code']} after {row['seconds']:.1f} s "
              f"({len(rows)} of {args.shards})", flush=True)
    return rows


def failures(args, rows):
    """What to say of every shard that was not built."""
    ended = {row["shard"]: row for row in rows}
    for shard in range(args.shards):
        row = ended.get(shard)
        if row is None:
            yield f"shard {shard}/{args.shards} failed in every try; what the last one printed:\n{last_words(args, shard)}"
        elif row["exit_code"] != 0:
            yield f"shard {shard}/{args.shards} failed on {row['host']}:\n{row['printed']}"


def last_words(args, shard):
    """What a shard without a row printed, as far as this machine sees it."""
    try:
        return printed(shard_folder(args, shard))
    except OSError as error:
        return f"(unknown: {error})"


def merge(args):
    """Merges the shards into the build; the exit code."""
    folders = [shard_folder(args, shard) for shard in range(args.shards)]
    return subprocess.run(command(args, "merge", *folders, out=args.out)).returncode


def table(rows):
    """The shards, a line each."""
    yield f"{'shard':>5}  {'seconds':>8}  host"
    for row in sorted(rows, key=lambda row: row["shard"]):
        yield f"{row['shard']:>5}  {row['seconds']:>8.2f}  {row['host']}"


def main():
    args = arguments()
    if args.address:
        ray.init(address=args.address)
    else:
        ray.init(address="local", num_cpus=args.workers * args.threads, include_dashboard=False)
    rows = build_shards(args)
    ray.shutdown()
    failed = list(failures(args, rows))
    for text in failed:
        print(text, file=sys.stderr)
    if failed:
        print(f"{len(failed)} of {args.shards} shards failed; nothing was merged", file=sys.stderr)
        return 1
    code = merge(args)
    if code != 0:
        print(f"the merge ended with exit code {code}", file=sys.stderr)
        return 1
    print(*table(rows), sep="\n")
    manifest = json.loads((args.out / "manifest.json").read_text())
    print(f"{manifest['train']['pairs']} pairs for training, {manifest['validation']['pairs']} for validation: {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
