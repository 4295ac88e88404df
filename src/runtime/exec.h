/* SPDX-License-Identifier: Apache-2.0 */
/* A further process in a container. */
#ifndef OCIRUN_RUNTIME_EXEC_H
#define OCIRUN_RUNTIME_EXEC_H

#include "base/err.h"
#include "config/spec.h"
#include "runtime/opts.h"

#include <stdbool.h>

struct exec_opts {
	struct process_opts p;
	const char *id;
	const char *process;      /* --process FILE: everything below is ignored */
	struct str_list args;
	const char *cwd, *user;   /* NULL = the container's */
	struct str_list env, caps, additional_gids, cgroups;
	bool tty;
	struct opt_bool no_new_privs;
	const char *process_label, *apparmor;
	bool ignore_paused;
};

/*
 * Run it. Detached: returns 0 once the program was executed. Foreground:
 * *ret_status is the exit code (128 + N for signal N). Failures before that are
 * errors ("exec failed: …"), for which runc's exit code is 255.
 */
int container_exec(const struct exec_opts *opts, int *ret_status,
		   struct err *e);

#endif
