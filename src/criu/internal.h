/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of src/criu, shared by its files; nobody else includes it. */
#ifndef OCIRUN_CRIU_INTERNAL_H
#define OCIRUN_CRIU_INTERNAL_H

#include "base/fd.h"
#include "base/mem.h"
#include "criu/criu.h"
#include "criu/criu_rpc.pb-c.h"

/* Types of requests and replies (criu_req_type of criu's rpc.proto). */
enum criu_type {
	CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_NOTIFY = 6,
	CRIU_FEATURES = 9, CRIU_VERSION = 10,
};
const char *criu_type_name(int type);

/* Versions as criu counts them: 3.17.1 is 31701. */
#define CRIU_OLDEST	   30000 /* RPC requests for the version */
#define CRIU_EXT_NET	   31100
#define CRIU_CGROUP2_FREEZER 31400
#define CRIU_TIME_NS	   31400
#define CRIU_EXT_PID	   31500
#define CRIU_STATUS_READY  31500
#define CRIU_LSM	   31600

/* ---- rpc.c: one process, one conversation -------------------------------- */

struct criu_conv {
	pid_t pid;
	int pidfd, sock;
	bool refused; /* a listener failed, so criu was told to stop */
};
#define CRIU_CONV_INIT { 0, -1, -1, false }

struct criu_start {
	const char *program;
	const int *fds;  /* descriptors 0, 1 and 2, then from 4 on; 3 is the socket */
	size_t n_fds;
	bool own_group, own_mounts;
	int (*prepare)(void *arg); /* as struct spawn */
	void *arg;
};
int criu_conv_start(struct criu_conv *c, const struct criu_start *s,
		    struct err *e);
/* Kills it if it has not ended, thirty seconds after its last word. */
void criu_conv_end(struct criu_conv *c);

/* Hears the notifications; `fd` is -1 or a descriptor that came along. */
struct criu_listener {
	int (*notify)(void *arg, const char *script, pid_t pid, int fd,
		      struct err *e);
	void *arg;
	int *status_fd; /* closed after criu's first word, may be NULL */
	bool patient;   /* somebody else decides how long it takes */
	uint64_t (*activity)(void *arg); /* of those that work for it, or NULL */
};
/*
 * Send a request and serve notifications until its reply, which is an error
 * unless it is a success. criu that neither says nor does anything is an error.
 */
int criu_conv_run(struct criu_conv *c, const CriuRpc__Request *req,
		  const struct criu_listener *l, struct err *e);
/* A question that is answered at once, to a process of its own. */
int criu_ask(const char *program, CriuRpc__Request *req, CriuRpc__Reply **ret,
	     struct err *e);

static inline void auto_criu_conv(struct criu_conv *c)
{
	criu_conv_end(c);
}
static inline void auto_criu_reply(CriuRpc__Reply **r)
{
	criu_rpc__reply__free_unpacked(*r, NULL);
}

/* ---- program.c ------------------------------------------------------------ */

int criu_version(const char *program, int *ret, struct err *e);
/* -EOPNOTSUPP if criu or the kernel cannot. */
int criu_needs_features(const char *program, bool mem_track, bool lazy_pages,
			struct err *e);
/* Add what `criu check` has to say to the hint, if it says that all is not well. */
void criu_explain_host(const char *program, struct err *e);

/* ---- options.c: what dump and restore have in common ----------------------- */

struct criu_job {
	const struct criu_subject *s;
	struct arena arena;
	CriuRpc__Options opts;
	int version;
	int imagefd, workfd; /* workfd -1: the same */
	const char *log_dir, *log_file;
	size_t external_cap, inherit_cap;
	struct fdvec fds;    /* that criu gets, from descriptor 4 on */
};
/* Directories, log, configuration file, flags. `make`: make the image path. */
int criu_job_init(struct criu_job *job, const struct criu_subject *s, bool make,
		  const char *log_file, struct err *e);
void criu_job_free(struct criu_job *job);
/*
 * Open the directories again as process `pid` sees them: criu mounts in them, which
 * it can only in its own mount namespace.
 */
int criu_job_move(struct criu_job *job, pid_t pid, struct err *e);
/* Add "KIND[NAME]:VALUE" to opts.external. */
void criu_add_external(struct criu_job *job, const char *kind, const char *name,
		       const char *value);
void criu_add_inherit(struct criu_job *job, const char *key, int fd);

static inline void auto_criu_job(struct criu_job *job)
{
	criu_job_free(job);
}

/* ---- mounts.c, namespaces.c, stdio.c, log.c --------------------------------- */

/* Mounts that are not the container's: named at dump, given back at restore. */
int criu_dump_mounts(struct criu_job *job, pid_t init, struct err *e);
/* `dest[i]`: where mount i of the spec is in the container, NULL: as written. */
void criu_restore_mounts(struct criu_job *job, const char *const *dest);

int criu_dump_namespaces(struct criu_job *job, struct err *e);
int criu_restore_namespaces(struct criu_job *job, struct err *e);

/* descriptors.json */
int criu_stdio_save(int dirfd, const char *const stdio[CRIU_N_STDIO],
		    struct err *e);
int criu_stdio_load(struct criu_job *job, struct err *e);

/* Put the errors of criu's log into *e, with its path. */
void criu_explain(const struct criu_job *job, struct err *e);

/* ---- rootfs.c: in the child that becomes criu -------------------------------- */

struct criu_rootfs {
	const struct criu_subject *s;
	const char *root;
	int reportfd; /* memfd: where it tells what criu_rootfs_report() reads */
};
/* Bind the root file system at `root`, make the missing mount points. */
int criu_rootfs_prepare(void *rootfs);
/*
 * Where the mounts are (an array of spec->n_mounts paths in the arena, or NULL
 * entries), or its error. `r`: what spawning it returned.
 */
int criu_rootfs_report(const struct criu_rootfs *rootfs, int r,
		       struct arena *arena, const char ***ret, struct err *e);

#endif
