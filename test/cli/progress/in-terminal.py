"""Runs a command in a pseudo-terminal: in-terminal.py columns rows trigger keys command…

Types `keys` once the output has `trigger`, if there is one. Prints the output, and 'exit N' as the last line.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

columns, rows, trigger, keys = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4].encode()
command = sys.argv[5:]
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
pid = os.fork()
if pid == 0:
    os.close(master)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.execvp(command[0], command)
os.close(slave)
output = b""
typed = not trigger
while True:
    try:
        piece = os.read(master, 65536)
    except OSError:
        break
    if not piece:
        break
    output += piece
    if not typed and trigger in output:
        typed = True
        os.write(master, keys)
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(output + b"\nexit %d\n" % os.waitstatus_to_exitcode(status))
