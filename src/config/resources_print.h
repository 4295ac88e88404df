/* SPDX-License-Identifier: Apache-2.0 */
/* linux.resources back to JSON: what `update` stores. */
#ifndef OCIRUN_CONFIG_RESOURCES_PRINT_H
#define OCIRUN_CONFIG_RESOURCES_PRINT_H

#include "base/str.h"
#include "config/spec.h"

/*
 * Append the object, compact; what is absent stays absent. The inverse of
 * spec_parse_resources(). Pure.
 */
void resources_print(const struct spec_resources *res, struct str *out);

#endif
