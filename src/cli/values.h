/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options in the notations that callers of runc use. */
#ifndef OCIRUN_CLI_VALUES_H
#define OCIRUN_CLI_VALUES_H

#include <stdint.h>

/*
 * A duration as Go writes it: "5s", "1.5h", "1h2m3s", "500ms", "-3us", "0";
 * units ns us µs ms s m h. *ret is in nanoseconds. -EINVAL, -ERANGE.
 */
int cli_parse_duration(const char *s, int64_t *ret);

/*
 * A number of bytes: "512", "1.5g", "10 KiB", "3Mb"; units of 1024, in any case;
 * or "-1" (no limit). -EINVAL (no number), -ENOTSUP (bad suffix), -ERANGE.
 */
int cli_parse_size(const char *s, int64_t *ret);

#endif
