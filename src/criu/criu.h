/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoint and restore by criu(8), which is found when it is needed and spoken
 * to through its RPC (`criu swrk`, criu.org/RPC): one process for each question.
 * This layer knows criu, its options and its log; it knows no records and no
 * commands. The images are those that runc makes, in both directions: names of
 * external mounts and namespaces, descriptors.json.
 *
 * Built without protobuf-c (absent.c) every function fails with ENOTSUP.
 */
#ifndef OCIRUN_CRIU_CRIU_H
#define OCIRUN_CRIU_CRIU_H

#include "base/err.h"
#include "config/spec.h"
#include "plan/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Is checkpoint support part of this build? */
bool criu_built_in(void);
/*
 * Absolute path (malloc'ed) of the program: `given` (a path, or a name to be
 * looked up), or "criu" in $PATH. -ENOENT names what to install.
 */
int criu_find(const char *given, char **ret, struct err *e);

/* What the command line asks for. Paths are absolute unless said otherwise. */
struct criu_flags {
	const char *image_path;
	const char *work_path;    /* NULL: the image path */
	const char *parent_path;  /* relative to image_path, or NULL */
	const char *page_server;  /* "ADDRESS:PORT" or NULL */
	const char *cgroups_mode; /* soft, full, strict, ignore, or NULL */
	const char *network_lock; /* iptables, nftables, skip, or NULL */
	const char *lsm_profile, *lsm_mount_context;
	struct str_list empty_ns; /* only "network" exists */
	int status_fd;            /* -1 = none */
	bool leave_running, pre_dump, lazy_pages, auto_dedup;
	bool tcp_established, tcp_skip_in_flight, tcp_close;
	bool ext_unix_sk, shell_job, file_locks, link_remap;
};

/* What can be said to be wrong without looking at anything else. */
int criu_check_flags(const struct criu_flags *flags, struct err *e);

/* The container it is about. */
struct criu_subject {
	const char *program;            /* of criu_find() */
	const struct criu_flags *flags;
	const struct spec *spec;        /* bind sources absolute */
	const char *rootfs;             /* absolute */
	const struct cgroup_view *view; /* NULL: no cgroups of its own */
	bool runc_words;                /* only the configuration file of runc */
	const int *stdio;               /* restore: 0, 1, 2; NULL, -1 = our own */
};

#define CRIU_N_STDIO 3

/*
 * Write the images (with flags->pre_dump: memory only). `init` runs. Afterwards
 * the processes are dead, or go on with leave_running and pre_dump; after a
 * failure they go on, and *e has criu's own words and the path of its log.
 * `freezer`: directory whose processes criu may freeze, or NULL; `stdio`: what
 * 0, 1 and 2 of init were at its start (links of /proc/PID/fd), "" if unknown.
 */
int criu_dump(const struct criu_subject *s, pid_t init, const char *freezer,
	      const char *const stdio[CRIU_N_STDIO], struct err *e);

/* What restore tells its caller, in this order. All must be set. */
struct criu_events {
	/* criu runs and has done nothing yet: its children will be where it is */
	int (*started)(void *arg, pid_t criu, struct err *e);
	/* The namespaces of the container exist, its processes but one do not. */
	int (*namespaces)(void *arg, pid_t init, struct err *e);
	/* The master of the container's terminal; borrowed. */
	int (*terminal)(void *arg, int fd, struct err *e);
	/* Everything is there, nothing runs yet. `time_ns`: in one of its own. */
	int (*restored)(void *arg, pid_t init, bool time_ns, struct err *e);
	/* Grows as long as anything in the container's cgroups does something. */
	uint64_t (*activity)(void *arg);
	void *arg;
};

/*
 * Make the processes from the images; init is a child of ours. `root` is an empty
 * directory to work in, absolute and free of symbolic links; nothing is mounted
 * there as others see it. When an event fails, or criu, nothing of the container
 * is left but what it may have put into its cgroups, and *e is as for criu_dump().
 */
int criu_restore(const struct criu_subject *s, const char *root,
		 const struct criu_events *events, struct err *e);

#endif
