#!/usr/bin/env python3
"""A verifier of Waybill files in Python with the package `cryptography` and nothing else."""

from ed25519 import holds
from protocol import serve

if __name__ == "__main__":
    serve(holds)
