"""Files that make a command fail in another way than in one sentence: bundles, captures, logs, keys, checkpoints.

Each try gives a command a file that was changed at random: by Atheris, which looks for new paths through the code, if
it is installed (in the extra `bench`), else by `tests.fuzzing.mutation`. A file with which something did not hold is
kept in `tests/fuzzing/found`, and the tests try it every time. The time is processor time, so that a busy machine
tries as many files as an idle one.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.fuzzing.harness import TARGETS, Failure, failure_of, for_seconds, fuzz, target_in_place

_MOST_MEGABYTES = 700  # of a process that has run many commands
_LARGEST = 65_536  # bytes of a file that Atheris makes
_LONGEST = 300  # seconds that it may take to read it, also on a busy machine; the target limits the processor time
_EXECUTED = re.compile(r"stat::number_of_executed_units: +(\d+)")


def main(argv: list[str]) -> int:
    """Fuzz one target; the exit status is 1 if something did not hold."""
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--target", choices=TARGETS, required=True)
    parser.add_argument("--seconds", type=float, default=60.0, help="processor time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="do not use Atheris")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if options.child:
        return _child(options.target, Path(options.child), options.seconds, options.seed)
    if options.plain or find_spec("atheris") is None:
        tries, failures = _plain(options.target, options.seconds, options.seed)
    else:
        tries, failures = _guided(options.target, options.seconds, options.seed)
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    megabytes = max(used) // 1024
    seconds = sum(map(_processor_seconds, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    if megabytes > _MOST_MEGABYTES:
        failures.append(Failure(options.target, b"", f"The process took {megabytes} MB."))
    failures = list({re.sub(r"\d+", "N", failure.reason): failure for failure in failures}.values())
    kept = [(failure.reason, str(failure.keep())) for failure in failures if failure.data]
    if options.json:
        figures = {"tries": tries, "seconds": seconds, "megabytes": megabytes}
        print(json.dumps({"target": options.target, **figures, "failures": kept}))
    else:
        print(f"{options.target}: {tries:,} files in {seconds:.0f} s of processor time, at most {megabytes} MB")
        for failure in failures:
            print(f"- {failure.reason}")
    return 1 if failures else 0


def _plain(name: str, seconds: float, seed: int) -> tuple[int, list[Failure]]:
    with target_in_place(name) as target:
        results = list(fuzz(target, seed, goes_on=for_seconds(seconds)))
    return len(results), [failure for failure in results if failure is not None]


def _guided(name: str, seconds: float, seed: int) -> tuple[int, list[Failure]]:
    """Let Atheris run in processes of its own: it ends its process at the first failure."""
    tries, failures = 0, list[Failure]()
    with tempfile.TemporaryDirectory() as directory:
        while (left := seconds - _processor_seconds(resource.RUSAGE_CHILDREN)) > 1:
            command = [sys.executable, "-m", "tests.benchmarks", "fuzz", "--target", name, "--child", directory]
            command += ["--seconds", str(left), "--seed", str(seed + len(failures))]
            ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            tries += sum(int(number) for number in _EXECUTED.findall(ran.stderr))
            crashes = sorted(Path(directory).glob("failure-*"))
            if ran.returncode == 0 and not crashes:
                continue
            if not crashes:
                raise SystemExit(f"Atheris ended without a result: {ran.stderr[-2000:]}")
            with target_in_place(name) as target:
                for crash in crashes:
                    data = crash.read_bytes()
                    failures.append(failure_of(target, data) or Failure(name, data, ran.stderr[-500:]))
                    crash.unlink()
    return tries, failures


def _processor_seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _child(name: str, directory: Path, seconds: float, seed: int) -> int:
    """Run Atheris in this process; the corpus and a file with which something did not hold are in *directory*."""
    import atheris

    corpus = directory / "corpus"
    corpus.mkdir(exist_ok=True)
    with target_in_place(name) as target:
        for number, data in enumerate(target.seeds().values()):
            failure_of(target, data)  # so that everything is imported that it needs
            if len(data) <= _LARGEST:
                (corpus / f"{number}").write_bytes(data)
        for module_name, module in list(sys.modules.items()):
            if module_name.startswith(("store.", "veritas.")):
                for thing in vars(module).values():
                    if getattr(thing, "__module__", "") == module_name:
                        _instrument(thing)
        limits = [f"-max_len={_LARGEST}", f"-rss_limit_mb={_MOST_MEGABYTES}", f"-timeout={_LONGEST}"]
        limits.append(f"-report_slow_units={_LONGEST}")  # else a file that waited for a processor counts as a failure
        arguments = [f"-max_total_time={int(seconds)}", f"-seed={seed}", *limits, "-print_final_stats=1"]
        atheris.Setup(["fuzz", *arguments, f"-artifact_prefix={directory}/failure-", str(corpus)], target.run)
        atheris.Fuzz()
    return 0


def _instrument(thing: object) -> None:
    """Have Atheris see which branches a function, or the functions of a class, take."""
    import atheris

    for function in [thing, *(vars(thing).values() if isinstance(thing, type) else ())]:
        if hasattr(function, "__code__"):
            function.__code__ = atheris.instrument_func(function).__code__
