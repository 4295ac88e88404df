/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options that are paths, or may be empty. */
#ifndef OCIRUN_CLI_PATHS_H
#define OCIRUN_CLI_PATHS_H

#include "cli/cli.h"

/* An empty value is how some callers say "none": as if not given. */
static inline const char *cli_given(const char *value)
{
	return value && *value ? value : NULL;
}

/* Make a path of the command line absolute before anyone changes directory. */
int cli_absolute(const struct cli *cli, const char **path, struct err *e);

/* Go to the bundle (NULL or "": stay); *ret is its absolute path. */
int cli_enter_bundle(const struct cli *cli, const char *bundle, const char **ret,
		     struct err *e);

/* How many sockets systemd passed to this process (sd_listen_fds(3)). */
uint32_t cli_listen_fds(const struct runtime *rt);

#endif
