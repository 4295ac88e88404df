/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations of the config that ask the runtime for something: those that crun
 * defined ("run.oci.…") and that engines pass on. They may be written by whoever
 * writes the rest of the config and no one else: `features` lists the prefix among
 * the unsafe ones.
 */
#ifndef OCIRUN_CONFIG_ANNOTATIONS_H
#define OCIRUN_CONFIG_ANNOTATIONS_H

#include "base/err.h"
#include "config/spec.h"

#define ANNOTATIONS_PREFIX "run.oci."

/*
 * Read them into spec->run_oci and spec->linux_.seccomp. A value that makes no
 * sense, and what is not supported, is an error with the pointer of the
 * annotation.
 */
int spec_apply_annotations(struct spec *spec, struct err *e);

#endif
