/* SPDX-License-Identifier: Apache-2.0 */
/* mounts: no options, no logic. */
#include "config.h"
#include "cli/commands.h"

#include "base/str.h"
#include "runtime/mounts.h"

#include <errno.h>

#include "base/banned.h"

static const struct cli_opt no_opts[] = { { 0 } };

static int run_mounts(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	const char *what = args->v[0];

	(void)opts;
	if (!streq(what, "add") && !streq(what, "remove"))
		return err_set(e, EINVAL, "mounts: '%s' is neither 'add' nor 'remove'",
			       what);
	return container_mounts(&cli->rt, args->v[1], args->v[2],
				streq(what, "remove"), e);
}

const struct cli_cmd cmd_mounts = {
	"mounts", "add|remove <container-id> <file>",
	"adds mounts to a running container, or removes them", no_opts, 0, 3, 3,
	CLI_STOP_NEVER, 1, run_mounts,
};
