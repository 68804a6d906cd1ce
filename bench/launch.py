"""
Run one command and write what it cost as JSON: `python -I -S launch.py OUTPUT COMMAND...`.

A program of its own because the kernel counts the memory of the process that starts another into the peak of the other's:
this one is smaller than anything that is measured.
"""

import os
import sys
import time

output, *command = sys.argv[1:]
redirected = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]
began = time.perf_counter()
process = os.posix_spawn(command[0], command, os.environ, file_actions=redirected)
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - began
code = os.waitstatus_to_exitcode(status)
cpu = used.ru_utime + used.ru_stime
print(f'{{"code": {code}, "wall": {wall}, "cpu": {cpu}, "memory": {used.ru_maxrss / 1024}}}')
