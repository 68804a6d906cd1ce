"""
Run one command and write what it cost as JSON: `python -I -S launch.py OUTPUT COMMAND...`; with `tty` it writes to a terminal.

A program of its own because the kernel counts the memory of the process that starts another into the peak of the other's:
this one is smaller than anything that is measured.
"""

import os
import sys
import time

#: Stands for a terminal of 100 columns, whose output is read and dropped.
TERMINAL = "tty"
_ROWS_AND_COLUMNS = b"\x32\x00\x64\x00\x00\x00\x00\x00"


def terminal() -> tuple[int, int]:
    """Return both ends of a terminal."""
    import fcntl
    import termios

    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, _ROWS_AND_COLUMNS)
    return master, slave


output, *command = sys.argv[1:]
if output == TERMINAL:
    master, slave = terminal()
    redirected = [(os.POSIX_SPAWN_DUP2, slave, 1), (os.POSIX_SPAWN_DUP2, slave, 2)]
else:
    master = slave = None
    redirected = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]
began = time.perf_counter()
process = os.posix_spawn(command[0], command, os.environ, file_actions=redirected)
if master is not None:
    os.close(slave)
    try:
        while os.read(master, 65536):
            pass
    except OSError:  # The last process that had the terminal has ended.
        pass
_, status, used = os.wait4(process, 0)
wall = time.perf_counter() - began
code = os.waitstatus_to_exitcode(status)
cpu = used.ru_utime + used.ru_stime
print(f'{{"code": {code}, "wall": {wall}, "cpu": {cpu}, "memory": {used.ru_maxrss / 1024}}}')
