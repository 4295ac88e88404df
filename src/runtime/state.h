/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory ROOT/ID and its record, state.json. The record is written
 * before the first side effect (I5) and says what is going to be made, so that
 * `list` sees and `delete --force` cleans the wreck of a start that was killed
 * at any moment. ROOT/ID also holds config.json (the config as it was at
 * create), resources.json (the limits, once update has changed them), and
 * exec.fifo while the container is "created".
 *
 * A lock (flock(2) on the directory) serialises create, start and delete of one
 * container; the kernel drops it when its holder dies.
 */
#ifndef OCIRUN_RUNTIME_STATE_H
#define OCIRUN_RUNTIME_STATE_H

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/proc.h"
#include "cgroup/cgroup.h"
#include "config/spec.h"
#include "rdt/rdt.h"

#include <stdbool.h>
#include <stdint.h>

/* All that is in ROOT/ID, besides names that begin with a dot (being written). */
#define STATE_FIFO "exec.fifo"
#define STATE_CONFIG "config.json"
#define STATE_RECORD "state.json"
#define STATE_RESOURCES "resources.json" /* limits as updates have left them */
#define STATE_NOTIFY "notify"            /* directory of the NOTIFY_SOCKET */
#define STATE_RESTORE "criu-root"        /* where criu mounts during a restore */

enum status {
	STATUS_CREATING, /* a live runtime is at it */
	STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED,
	STATUS_STOPPED,  /* also the wreck of a start that died */
};

/* "creating", "created", …: the words of runtime-spec runtime.md, "State". */
const char *status_name(enum status s);

struct record {
	struct arena arena;
	const char *id, *bundle, *rootfs;
	const char *created;      /* RFC 3339 with nanoseconds, "" before READY */
	const char *boot_id;      /* pids and cgroups of another boot mean nothing */
	bool this_boot;           /* we have made it ourselves; not written down */
	bool complete;            /* init reported READY */
	bool restored;            /* by a criu that may still be in its cgroups */
	bool pid_ns_private;      /* init is PID 1 of a namespace made for it */
	uint32_t hooks;           /* bit per enum hook_kind: there are some */
	struct proc_id init;      /* pid 0 until known */
	struct proc_id creator;   /* the runtime process that makes it */
	const char *stdio[3];     /* links of init's 0, 1, 2 at its start, or "" */
	enum cgroup_driver driver;
	struct cgroup_path *cgroups;
	size_t n_cgroups;
	uint64_t root_dev, root_ino; /* init's root at READY; 0 = unknown */
	const char *mark;         /* by which its cgroups are known; "" = none */
	const char *unit;         /* cgroup_unit(); "" = none */
	struct rdt_place rdt;     /* where it is in resctrl */
	struct kv_list annotations;
	bool run_oci;             /* they mean something (config/annotations.h) */
	uint32_t ns_listed;       /* bit per enum ns_kind: in linux.namespaces */
	const char *ns_paths[_NS_KIND_MAX]; /* configured path or NULL */
};

/* One opened container. */
struct container {
	int rootfd;   /* ROOT */
	int dirfd;    /* ROOT/ID */
	bool locked;
	struct record rec;
};
#define CONTAINER_INIT { .rootfd = -1, .dirfd = -1 }

/* `invalid container ID format` unless [A-Za-z0-9_+.-]+, not "." or "..", and
 * at most 1024 bytes. */
int state_check_id(const char *id, struct err *e);

/* Open ROOT (made 0700 with parents if `make`). -ENOENT if it is missing. */
int state_open_root(const char *root, bool make, int *ret_fd, struct err *e);

/*
 * Make ROOT/ID (0711) and lock it: the id is taken from here on.
 * -EEXIST: "container with given ID already exists".
 */
int state_reserve(struct container *c, const char *root, const char *id,
		  struct err *e);
/*
 * Open an existing container and read its record. -ENOENT: "container does not
 * exist" (also for a directory without a record, with c->dirfd left open so
 * that delete can remove it).
 */
int state_open(struct container *c, const char *root, const char *id,
	       struct err *e);
/* Take the lock; names the holder at the deadline. An incomplete record is read
 * again. */
int state_lock(struct container *c, deadline_t deadline, struct err *e);
/* Read the record again. */
int state_reread(struct container *c, struct err *e);
/* The process that has the lock, 0 if that cannot be found out. */
pid_t state_lock_holder(const struct container *c);

/* Write state.json atomically from c->rec. */
int state_write(struct container *c, struct err *e);
/* Compute the status now; *ret_cg (may be NULL) receives the opened cgroup. */
enum status state_status(const struct container *c, struct cgroup **ret_cg);
/*
 * Is what runs still our init? False when it cannot be seen. Its fifo alone does
 * not tell: a start that is killed leaves it behind.
 */
bool state_init_waits(const struct container *c);

/*
 * A directory without a record: is there what no start of ours has put in? Then it is
 * another runtime's container (-EMEDIUMTYPE, said in *e); 0 if not, or if the directory
 * has gone meanwhile, or -errno.
 */
int state_check_ours(const struct container *c, const char *id, struct err *e);
/* Remove ROOT/ID and everything in it. Missing is success. */
int state_remove(struct container *c, struct err *e);
void state_close(struct container *c);

/* The boot's id (random/boot_id), 36 characters; "" if unknown. */
void state_boot_id(char buf[40]);
/* Not known to be another boot's: what it names may exist. */
bool state_this_boot(const struct record *rec);

static inline void auto_container(struct container *c)
{
	state_close(c);
}

#endif
