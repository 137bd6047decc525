#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Durable receipts per second against SQLite alone. A miss is printed as a miss and fails nothing."""
import os
import subprocess
import sys
import tempfile

LIMIT = 0.5

if __name__ == "__main__":
    print("1..1", flush=True)
    program = os.path.join(os.environ["MADO_TOP_BUILDDIR"], "tests", "bench", "receipts")
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([program, folder], stdout=subprocess.PIPE, text=True, check=False)
    for line in result.stdout.splitlines():
        batch, ours, bare = (int(word) for word in line.split())
        verdict = "held" if ours / bare >= LIMIT else "MISSED"
        print(f"# durable receipts per second, batch {batch}: ours {ours}, SQLite alone {bare}: "
              f"{ours / bare:.2f}, limit {LIMIT}: {verdict}")
    print(f"{'ok' if result.returncode == 0 else 'not ok'} 1 - storing receipts is measured")
    sys.exit(result.returncode)
