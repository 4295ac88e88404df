#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Make ./configure from configure.ac. Needed once in a git tree, never in a
# release tarball.
set -eu
cd "$(dirname "$0")"

missing=
for tool in autoconf automake aclocal; do
	command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "autogen.sh: not installed:$missing" >&2
	echo "autogen.sh: install the packages 'autoconf' and 'automake'," \
		"or run ./scripts/quickstart, which does it" >&2
	exit 1
fi
exec autoreconf --install --force --warnings=all,no-portability
