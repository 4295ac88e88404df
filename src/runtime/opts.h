/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line asks of the runtime. Filled by cli/, read-only here. */
#ifndef OCIRUN_RUNTIME_OPTS_H
#define OCIRUN_RUNTIME_OPTS_H

#include "cgroup/cgroup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Global options. */
struct runtime {
	const char *name;  /* "ocirun", or "runc" when called by that name */
	const char *argv0;
	const char *root;  /* absolute state root */
	bool root_given;   /* by --root */
	bool debug;
	bool strict;       /* --strict: the specification, not runc's habits */
	const char *criu;  /* --criu: path or name, NULL or "" = "criu" in $PATH */
	enum cgroup_driver driver;
	struct opt_bool rootless; /* --rootless; unset: look */
	uint32_t inherited_fds; /* descriptors 3 … open at start */
	const char *init_image; /* the program of init, struct nsx_birth */
	size_t init_image_size;
};

/*
 * Called by the name runc: whatever programs read is in runc's words then, also
 * the frames around our error messages.
 */
static inline bool runtime_is_runc(const struct runtime *rt)
{
	return strcmp(rt->name, "runc") == 0;
}

/* How one process of a container is started (create, run, exec). */
struct process_opts {
	const struct runtime *rt;
	const char *pid_file;       /* absolute or NULL */
	const char *console_socket; /* or NULL */
	const char *console;        /* legacy pty slave path, or NULL */
	const char *pidfd_socket;
	bool detach;
	uint32_t preserve_fds;
	uint32_t listen_fds;        /* passed on from systemd */
};

struct create_opts {
	struct process_opts p;
	const char *id;
	const char *bundle;         /* absolute, also the cwd */
	const char *config;         /* file name in the bundle */
	bool no_pivot, no_new_keyring;
	bool keep;                  /* run: do not delete afterwards */
	bool no_subreaper;
};

#endif
