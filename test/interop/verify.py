"""Verifies certificate chains with Python's cryptography, as those of clients:

    verify.py ROOTS CHAIN...

Writes one line for each chain: "valid", or why it is not.
"""

import sys

from cryptography.x509 import load_pem_x509_certificates
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError


def verdict(chain, verifier):
    try:
        verifier.verify(chain[0], chain[1:])
        return "valid"
    except VerificationError as error:
        return str(error).replace("\n", " ")


def read(file):
    with open(file, "rb") as opened:
        return load_pem_x509_certificates(opened.read())


roots, *chains = map(read, sys.argv[1:])
verifier = PolicyBuilder().store(Store(roots)).build_client_verifier()
for chain in chains:
    print(verdict(chain, verifier))
