/* SPDX-License-Identifier: Apache-2.0 */
/* events: written to stdout as they come, so past stdio. */
#include "config.h"
#include "cli/commands.h"

#include "cli/values.h"
#include "runtime/events.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

#define INTERVAL_NS INT64_C(5000000000)

struct events_flags {
	const char *interval;
	bool stats;
};

static const struct cli_opt events_opts[] = {
	{ "interval", 0, CLI_STRING, offsetof(struct events_flags, interval),
	  "set the stats collection interval (default: 5s)" },
	{ "stats", 0, CLI_SWITCH, offsetof(struct events_flags, stats),
	  "display the container's stats then exit" },
	{ 0 },
};

static int run_events(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	const struct events_flags *f = opts;
	struct events_opts o = { .id = args->v[0], .interval_ns = INTERVAL_NS,
				 .stats = f->stats, .out_fd = STDOUT_FILENO };

	if (f->interval &&
	    cli_parse_duration(f->interval, &o.interval_ns) < 0) {
		(void)err_set(e, EINVAL, "invalid value \"%s\" for flag -interval: parse error",
			      f->interval);
		return err_hint(e, "a duration looks like 500ms, 5s, 1m30s");
	}
	return container_events(&cli->rt, &o, e);
}

const struct cli_cmd cmd_events = {
	"events", "<container-id>",
	"display container events such as OOM notifications, cpu, memory, and IO usage statistics",
	events_opts, sizeof(struct events_flags), 1, 1, false, 1, run_events,
};
