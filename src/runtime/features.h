/* SPDX-License-Identifier: Apache-2.0 */
/* What this build knows and can do, as runtime-spec features.md describes it. */
#ifndef OCIRUN_RUNTIME_FEATURES_H
#define OCIRUN_RUNTIME_FEATURES_H

#include "base/str.h"

#include <stdbool.h>

/*
 * Append the document, four-space indent, with a newline at the end.
 * `annotations`: those of config/annotations.h are taken.
 */
void features_print(struct str *out, bool annotations);

#endif
