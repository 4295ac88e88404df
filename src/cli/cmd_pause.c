/* SPDX-License-Identifier: Apache-2.0 */
/* pause, resume: no options, no logic. */
#include "config.h"
#include "cli/commands.h"

#include "runtime/pause.h"

#include "base/banned.h"

static const struct cli_opt no_opts[] = { { 0 } };

static int run_pause(const struct cli *cli, void *opts,
		     const struct cli_args *args, struct err *e)
{
	(void)opts;
	return container_pause(&cli->rt, args->v[0], e);
}

static int run_resume(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	(void)opts;
	return container_resume(&cli->rt, args->v[0], e);
}

const struct cli_cmd cmd_pause = {
	"pause", "<container-id>",
	"pause suspends all processes inside the container", no_opts, 0, 1, 1,
	false, 1, run_pause,
};
const struct cli_cmd cmd_resume = {
	"resume", "<container-id>",
	"resumes all processes that have been previously paused", no_opts, 0, 1,
	1, false, 1, run_resume,
};
