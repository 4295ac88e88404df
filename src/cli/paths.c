/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the command line (paths.h). */
#include "config.h"
#include "cli/paths.h"

#include "base/path.h"
#include "base/str.h"

#include <errno.h>
#include <unistd.h>

#include "base/banned.h"

int cli_absolute(const struct cli *cli, const char **path, struct err *e)
{
	char cwd[4096];

	if (!*path || !**path || (*path)[0] == '/')
		return 0;
	if (!getcwd(cwd, sizeof(cwd)))
		return err_errno(e, errno, "cannot read the current directory");
	char *joined = path_join(cwd, *path);

	*path = arena_strdup(cli->mem, joined);
	free(joined);
	return 0;
}

int cli_enter_bundle(const struct cli *cli, const char *bundle, const char **ret,
		     struct err *e)
{
	char cwd[4096];

	if (bundle && *bundle && chdir(bundle) < 0)
		return err_errno(e, errno, "cannot enter the bundle: chdir %s", bundle);
	if (!getcwd(cwd, sizeof(cwd)))
		return err_errno(e, errno, "cannot read the bundle's path");
	*ret = arena_strdup(cli->mem, cwd);
	return 0;
}

uint32_t cli_listen_fds(const struct runtime *rt)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	uint32_t want_pid, count;

	if (!pid || !n || parse_u32(pid, &want_pid) < 0 ||
	    parse_u32(n, &count) < 0 || want_pid != (uint32_t)getpid() ||
	    count > rt->inherited_fds)
		return 0;
	return count;
}
