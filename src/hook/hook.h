/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one OCI hook (runtime-spec config.md, "POSIX-platform Hooks"). Used by
 * the parent (prestart, createRuntime, poststart, poststop) and by init
 * (createContainer, startContainer).
 */
#ifndef OCIRUN_HOOK_HOOK_H
#define OCIRUN_HOOK_HOOK_H

#include "base/err.h"
#include "config/spec.h"
#include "plan/plan.h"

#include <sys/types.h>
#include <unistd.h>

/* Where stdout and stderr of a hook go; -1 = captured, for the error message. */
struct hook_io {
	int out, err;
	int cancel_fd; /* input kills the hook (-EINTR); 0 = none. Borrowed */
};
#define HOOK_IO_INIT { -1, -1, 0 }

static inline void hook_io_close(struct hook_io *io)
{
	if (io->out >= 0)
		(void)close(io->out);
	if (io->err >= 0)
		(void)close(io->err);
	io->out = io->err = -1;
}
static inline void auto_hook_io(struct hook_io *io)
{
	hook_io_close(io);
}

/*
 * Run the hook with `state` (compact JSON) on stdin; cwd_fd -1 keeps the cwd.
 * env_inherit is used when the hook has no env of its own (NULL: none). Failure
 * reads
 *   error running createRuntime hook #1: exit status 3, stdout: …, stderr: …
 *   error running … hook #0: hook ran past specified timeout of 1.0s
 * with the pointer /hooks/KIND/N. SIGPIPE is ignored by the caller (a hook need
 * not read its stdin). Without a timeout in the config there is no bound
 * but io->cancel_fd.
 */
int hook_run(const struct arg_hook *hook, const char *state, int cwd_fd,
	     char *const *env_inherit, const struct hook_io *io, struct err *e);

/* arg_hook of a spec_hook (strings stay in the spec). */
void hook_arg(struct arg_hook *ret, struct arena *arena,
	      const struct spec_hook *hook, enum hook_kind kind, size_t index);

/* State JSON for stdin; pid 0 and empty annotations are left out. malloc'ed. */
char *hook_state_json(const char *id, const char *status, pid_t pid,
		      const char *bundle, const struct kv_list *annotations);

#endif
