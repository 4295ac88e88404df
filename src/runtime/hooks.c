/* SPDX-License-Identifier: Apache-2.0 */
/* Host-side hooks (hooks.h); the mechanics of one hook are in src/hook. */
#include "config.h"
#include "runtime/hooks.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "hook/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/banned.h"

static int open_output(const char *path, int *ret_fd, struct err *e)
{
	if (!path)
		return 0;
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (*ret_fd < 0)
		return err_errno(e, errno, "cannot open '%s' for the output of hooks",
				 path);
	return 0;
}

int hooks_open_io(struct hook_io *io, const struct spec *spec, struct err *e)
{
	if (open_output(spec->run_oci.hooks_stdout, &io->out, e) < 0)
		return err_at(e, "/annotations/run.oci.hooks.stdout");
	if (open_output(spec->run_oci.hooks_stderr, &io->err, e) < 0)
		return err_at(e, "/annotations/run.oci.hooks.stderr");
	return 0;
}

static int run_one(const struct hook_ctx *ctx, enum hook_kind kind, size_t i,
		   const char *status, struct err *e)
{
	AUTO(str) char *state = hook_state_json(ctx->id, status, ctx->pid,
						ctx->bundle,
						&ctx->spec->annotations);
	AUTO(arena) struct arena arena = { 0 };
	AUTO(fd) int cwd = open(ctx->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(hook_io) struct hook_io io = HOOK_IO_INIT;
	struct arg_hook arg;

	if (hooks_open_io(&io, ctx->spec, e) < 0)
		return -e->code;
	io.cancel_fd = ctx->cancel_fd;
	hook_arg(&arg, &arena, &ctx->spec->hooks[kind].v[i], kind, i);
	return hook_run(&arg, state, cwd, environ, &io, e);
}

int hooks_run(const struct hook_ctx *ctx, enum hook_kind kind,
	      const char *status, struct err *e)
{
	for (size_t i = 0; i < ctx->spec->hooks[kind].n; i++)
		if (run_one(ctx, kind, i, status, e) < 0)
			return -e->code;
	return 0;
}

void hooks_run_poststop(const struct hook_ctx *ctx)
{
	for (size_t i = 0; i < ctx->spec->hooks[HOOK_POSTSTOP].n; i++) {
		struct err e = ERR_INIT;
		char line[2200];

		if (run_one(ctx, HOOK_POSTSTOP, i, "stopped", &e) < 0)
			log_warn("%s, ignoring",
				 err_format(&e, line, sizeof(line)));
	}
}
