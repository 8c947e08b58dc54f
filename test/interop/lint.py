"""Lints certificates or CRLs in PEM with pkilint, as its commands do at the level of RFC 5280.

    lint.py certificate FILE...
    lint.py crl FILE...

Writes the findings that are more than information, one JSON object in one line for each file.
"""

import sys

from pkilint.bin import lint_crl, lint_pkix_cert

LINTERS = {
    "certificate": (lint_pkix_cert.main, []),
    "crl": (lint_crl.main, ["--type", "CRL", "--profile", "PKIX"]),
}

main, options = LINTERS[sys.argv[1]]
for file in sys.argv[2:]:
    main(["lint", *options, "--severity", "NOTICE", "--format", "JSON", "--document-format", "PEM", file])
