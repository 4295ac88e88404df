/* SPDX-License-Identifier: Apache-2.0 */
/* features: no container, no state root. */
#include "config.h"
#include "cli/commands.h"

#include "base/cleanup.h"
#include "runtime/features.h"

#include <stdio.h>

#include "base/banned.h"

static const struct cli_opt no_opts[] = { { 0 } };

static int run_features(const struct cli *cli, void *opts,
			const struct cli_args *args, struct err *e)
{
	AUTO(strbuf) struct str out = { 0 };

	(void)opts;
	(void)args;
	(void)e;
	features_print(&out, !runtime_is_runc(&cli->rt));
	(void)fwrite(str_text(&out), 1, out.len, stdout);
	return 0;
}

const struct cli_cmd cmd_features = {
	"features", "", "show the enabled features", no_opts, 0, 0, 0, false, 1,
	run_features,
};
