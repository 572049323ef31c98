# SPDX-License-Identifier: BSD-2-Clause
"""Virtual smart cards for vpcd, the reader without hardware of pcscd: see tests/card/__main__.py."""
