# SPDX-License-Identifier: LGPL-2.1-or-later
"""A whole desk in a scratch directory: bus, authority, pcscd, training cards, centre, daemon."""
