/* SPDX-License-Identifier: Apache-2.0 */
/* ps: options stop at the id, what follows is for ps(1). */
#include "config.h"
#include "cli/commands.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "runtime/ps.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include "base/banned.h"

struct ps_flags { const char *format; };

static const struct cli_opt ps_opts[] = {
	{ "format", 'f', CLI_STRING, offsetof(struct ps_flags, format),
	  "select one of: table (default) or json" },
	{ 0 },
};

static int run_ps(const struct cli *cli, void *opts,
		  const struct cli_args *args, struct err *e)
{
	const struct ps_flags *f = opts;
	struct ps_opts o = { .id = args->v[0],
			     .args = { args->v + 1, args->n - 1 } };
	AUTO(strbuf) struct str out = { 0 };

	if (f->format && streq(f->format, "json"))
		o.format = PS_JSON;
	else if (f->format && !streq(f->format, "table"))
		return err_set(e, EINVAL, "invalid format option: '%s'",
			       f->format);
	if (container_ps(&cli->rt, &o, &out, e) < 0)
		return -e->code;
	(void)fwrite(str_text(&out), 1, out.len, stdout);
	return 0;
}

const struct cli_cmd cmd_ps = {
	"ps", "<container-id> [ps options]",
	"ps displays the processes running inside a container", ps_opts,
	sizeof(struct ps_flags), 1, SIZE_MAX, true, 1, run_ps,
};
