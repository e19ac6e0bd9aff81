"""Exit codes of the command line; 0 is success."""

FAILED = 1  # a claim failed
BAD_INPUT = 2  # a wrong command, wrong data, or a machine that is too small
BUG = 70  # of deeplinear
INTERRUPTED = 130  # by Ctrl-C
CLOSED = 141  # nobody reads the output any more, as shells report it
