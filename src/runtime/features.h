/* SPDX-License-Identifier: Apache-2.0 */
/* What this build knows and can do, as runtime-spec features.md describes it. */
#ifndef OCIRUN_RUNTIME_FEATURES_H
#define OCIRUN_RUNTIME_FEATURES_H

#include "base/str.h"

/* Append the document, four-space indent, with a newline at the end. */
void features_print(struct str *out);

#endif
