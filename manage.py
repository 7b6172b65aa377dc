"""Nodius' commands and Django's, with the options of Nodius."""

import sys

from nodius_site.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
