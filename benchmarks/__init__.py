"""Nodius and its peers under the same load, side by side: `./nodius benchmark`."""
