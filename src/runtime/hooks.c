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

static int run_one(const struct hook_ctx *ctx, enum hook_kind kind, size_t i,
		   const char *status, struct err *e)
{
	AUTO(str) char *state = hook_state_json(ctx->id, status, ctx->pid,
						ctx->bundle,
						&ctx->spec->annotations);
	AUTO(arena) struct arena arena = { 0 };
	AUTO(fd) int cwd = open(ctx->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct arg_hook arg;

	hook_arg(&arg, &arena, &ctx->spec->hooks[kind].v[i], kind, i);
	return hook_run(&arg, state, cwd, environ, e);
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
