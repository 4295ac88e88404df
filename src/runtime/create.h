/* SPDX-License-Identifier: Apache-2.0 */
/* Making a container: everything from config.json to status "created". */
#ifndef OCIRUN_RUNTIME_CREATE_H
#define OCIRUN_RUNTIME_CREATE_H

#include "base/err.h"
#include "runtime/interrupt.h"
#include "runtime/opts.h"
#include "runtime/process.h"
#include "runtime/state.h"

/* A container that has just been made; release with creation_free(). */
struct creation {
	const struct create_opts *opts;
	/*
	 * VERB_RUN: called when the record says "created" and init has not been
	 * told to go on yet, so that the program finds what the caller prepares.
	 */
	int (*before_run)(struct creation *cr, void *arg, struct err *e);
	void *before_run_arg;
	struct container c;
	struct spec spec;
	char *config_text;
	const char *rootfs;       /* absolute */
	struct host host;
	struct plan plan;
	struct cgroup *cg;
	struct process_fds fds;
	struct nsx_zygote zygote; /* what is to become init; creation_begin() */
	struct nsx_child child;   /* init; belongs to the caller after success */
	bool reserved;            /* ROOT/ID is ours */
	bool limited;             /* the cgroup has its limits */
	bool beside;              /* init does not wait until it has been entered */
	struct interrupt in;      /* from container_create() to creation_settled() */
};
#define CREATION_INIT                                             \
	{                                                         \
		.c = CONTAINER_INIT, .fds = PROCESS_FDS_INIT,     \
		.zygote = NSX_ZYGOTE_INIT,                        \
		.child = NSX_CHILD_INIT, .in = INTERRUPT_INIT     \
	}

/*
 * Begin the process that is to become init, before container_load(): it gets ready
 * meanwhile. Not for containers that another program makes.
 */
int creation_begin(struct creation *cr, const struct create_opts *opts,
		   struct err *e);
/*
 * Read and check the config and the options. Nothing is made yet: until here a
 * signal may simply end us. `opts` must live as long as `cr`.
 */
int container_load(struct creation *cr, const struct create_opts *opts,
		   struct err *e);
/*
 * After container_load(): on success the pid file is written and, with VERB_CREATE,
 * the container's status is "created": init waits for the fifo. With VERB_RUN init
 * goes on at once: container_release_child() is next. On failure nothing is left
 * behind (process, cgroup, state) unless opts->keep asks for it. From here to
 * creation_settled() a signal such as SIGINT makes it fail instead of ending us.
 */
int container_create(struct creation *cr, enum verb verb, struct err *e);
/* Nothing is half-made any more: signals do again what they did before. */
void creation_settled(struct creation *cr);

/*
 * The pieces of it, for restore.c, whose container is made by another program.
 * container_reserve() takes the id and records what will be made, before
 * anything is made (I5).
 */
int container_reserve(struct creation *cr, struct err *e);
/* Limits of its cgroups, then its prestart and createRuntime hooks. */
int container_limits_and_hooks(struct creation *cr, struct err *e);
/* cr->child.pid is its init: the record is complete, the pid file written. */
int container_complete(struct creation *cr, struct err *e);
/* Undo a failure at any point. */
void container_undo(struct creation *cr);
void creation_free(struct creation *cr);

static inline void auto_creation(struct creation *cr)
{
	creation_free(cr);
}

#endif
