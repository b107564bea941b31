"""Runs the benchmarks: all of them, each in a fresh process, or one by its name in this one."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path


def has_main(module: Path) -> bool:
    body = ast.parse(module.read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in body)


def run_each(names: list[str]) -> list[str]:
    """Run them one after another, whatever becomes of each; the names of those that failed."""
    failed = []
    for name in names:
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", "benchmarks", name], check=False).returncode != 0:
            failed.append(name)
    return failed


BENCHMARKS = [module.stem for module in sorted(Path(__file__).parent.glob("*.py")) if has_main(module)]

match sys.argv[1:]:
    case []:
        if failed := run_each(BENCHMARKS):
            sys.exit(f"\nfailed: {', '.join(failed)}")
    case [name] if name in BENCHMARKS:
        importlib.import_module(f"benchmarks.{name}").main()
    case _:
        sys.exit(f"usage: python -m benchmarks [{' | '.join(BENCHMARKS)}]")
