/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of src/cgroup/ only. One struct cgroup covers all
 * layouts: a list of directories, one per mounted hierarchy, each either v1 or
 * cgroup2. "v2" is one cgroup2 directory, "hybrid" is v1 directories plus one
 * cgroup2 directory, "none" is an empty list.
 */
#ifndef OCIRUN_CGROUP_CG_INTERNAL_H
#define OCIRUN_CGROUP_CG_INTERNAL_H

#include "base/err.h"
#include "base/mem.h"
#include "base/protect.h"
#include "base/str.h"
#include "cgroup/cg_devices.h"
#include "cgroup/cg_systemd.h"
#include "cgroup/cgroup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CG_ROOT "/sys/fs/cgroup"
/* Largest cgroup file read: cgroup.procs of some million processes. */
#define CG_FILE_MAX ((size_t)64 << 20)

/* ---- cg_layout.c: what is mounted (parsers are pure) ---- */

struct cg_hier {
	const char *names; /* "cpu,cpuacct", "name=systemd"; "" = cgroup2 */
	bool v2, rdonly;
	const char *mount; /* mount point */
	const char *root;  /* directory of the hierarchy that is mounted there */
	const char *self;  /* our own cgroup in the hierarchy, NULL = not read */
};
struct cg_layout {
	bool unified; /* cgroup2 is mounted at CG_ROOT: there is nothing else */
	struct cg_hier *v;
	size_t n;
};

/* From the texts of /proc/self/mountinfo and /proc/self/cgroup. */
void cg_layout_parse(struct cg_layout *ret, struct arena *a,
		     const char *mountinfo, const char *self);
/* Look at the running system. `self`: also find our own cgroup. */
int cg_layout_probe(struct cg_layout *ret, struct arena *a, bool self,
		    struct err *e);
/* Check and clean linux.cgroupsPath; NULL and "" give the relative `id`. */
int cg_path_inner(struct arena *a, const char *cgroups_path, const char *id,
		  const char **ret, struct err *e);
/* Directory of the container in one hierarchy (cgroup.c says by which rule). */
const char *cg_path_dir(struct arena *a, const struct cg_layout *layout,
			const struct cg_hier *h, const char *inner);
/* The path on the line of a v1 controller list, or of cgroup2 (""). */
const char *cg_self_path(struct arena *a, const char *text, const char *names);
/* True if `word` is one of the words of `list`, separated by `sep`. */
bool cg_has_word(const char *list, const char *word, char sep);

/* ---- cg_resources.c: config to writes (pure) ---- */

struct cg_facts {
	const char *v1;    /* "cpu,cpuacct,memory": controllers on v1 */
	const char *v2;    /* "cpu io memory": controllers cgroup2 offers */
	bool unified;      /* cgroup2 is all there is */
	const char *why;   /* for errors: why others are not available */
};

#define CGW_OPTIONAL (1U << 0) /* a missing file is fine */
#define CGW_DEFER    (1U << 1) /* EINVAL: again after the controller's others */
#define CGW_READBACK (1U << 2) /* the kernel may clamp: must read back equal */
#define CGW_ELSE     (1U << 3) /* file missing: use the next entry instead */
#define CGW_EARLY    (1U << 4) /* before the first process enters */
#define CGW_CHECK    (1U << 5) /* refuse unless memory usage < check */
#define CGW_SWAP     (1U << 6) /* CGW_CHECK counts memory and swap */

struct cg_write {
	const char *ctrl;    /* controller; "" = unified key of the core */
	bool v2;             /* in the cgroup2 directory */
	const char *file, *value;
	const char *pointer; /* JSON pointer of the property */
	uint32_t flags;
	uint64_t check;
};
struct cg_writes {
	struct arena *arena;
	struct cg_write *v; /* in the order of writing */
	size_t n, cap;
};

/* Append the writes for `res` (devices excepted). ret->arena is set before. */
int cg_resources(struct cg_writes *ret, const struct spec_resources *res,
		 const struct cg_facts *facts, struct err *e);
/* OCI cpu.shares to cgroup2's cpu.weight; 0 (unset) stays 0. */
uint64_t cg_shares_to_weight(uint64_t shares);
/* OCI blockIO.weight to cgroup2's io.weight; 0 (unset) stays 0. */
uint64_t cg_blkio_to_io_weight(uint16_t weight);
/* OCI memory+swap to swap alone: -1 "max", CG_SWAP_UNSET, or bytes. */
#define CG_SWAP_UNSET (-2)
int cg_swap_v2(int64_t limit, int64_t swap, int64_t *ret, struct err *e);

/* ---- the object ---- */

struct cg_dir {
	const char *names; /* as cg_hier */
	const char *dir;   /* of the container */
	const char *mount; /* NULL when it comes from a record */
	const char *sub;   /* cgroup_choose(): below dir; NULL or "" = dir */
	bool v2;
	bool rdonly;       /* its mount is */
	bool made;         /* by this process: new, so nothing is in it */
	bool dropped;      /* could not be made, and nothing needs it; or another's */
	bool nobodys;      /* dropped, may be removed if empty (cg_mark.c) */
};

struct cg_sd; /* cg_systemd.c */

struct cgroup {
	struct arena arena;
	enum cgroup_driver driver;
	bool unified;
	bool rootless, strict; /* cgroup_req */
	bool path_asked;   /* linux.cgroupsPath is given */
	bool foreign;      /* refused: what is there is not ours */
	bool early_done;
	bool only_planned; /* cgroup_create() has not been called: nothing made */
	bool unmarked;     /* a directory could not be marked */
	const char *mark;  /* NULL = none wanted */
	struct cgroup_path *paths;
	size_t n_paths;
	struct cg_dir *dirs;
	size_t n_dirs;
	struct cg_dir *d2; /* the cgroup2 one of dirs, or NULL */
	int fd2;           /* it, opened; or -1 */
	int lock1;         /* without d2: the first directory made, locked; or -1 */
	const char *follow; /* where processes enter instead of d2->dir */
	const char *avail; /* controllers at the root of cgroup2; NULL unread */
	const char *why;   /* reason for missing controllers, for messages */
	const struct spec_resources *devices_done; /* by cgroup_apply_devices() */
	struct cg_sd *sd;   /* NULL: not made by systemd */
	const struct spec_resources *planned; /* what `writes` was made from */
	struct cg_writes writes;
	struct cgroup_view view;
};

/* The directory that has controller `name` on v1, or NULL. */
struct cg_dir *cg_find_v1(const struct cgroup *cg, const char *name);
/* True if the program runs in a user namespace. */
bool cg_in_userns(void);
/* Writes for resources that cgroup_plan() has not seen; enables controllers. */
int cg_plan_fresh(struct cgroup *cg, const struct spec_resources *res,
		  struct cg_writes *ret, struct err *e);

/* ---- cg_view.c ---- */

/* Mount points for the directories of a record, which does not have them. */
int cg_find_mounts(struct cgroup *cg, struct err *e);

/* ---- cg_write.c: writes to the kernel, with reasons ---- */

/* The CGW_EARLY entries of the planned writes for one controller. */
int cg_write_early(struct cgroup *cg, const char *ctrl, struct err *e);
/* All of w but what cg_write_early() has done (cg->early_done). */
int cg_write_all(struct cgroup *cg, const struct cg_writes *w, struct err *e);
/* The directory that an entry is written to, NULL if it does not exist. */
const char *cg_write_dir(struct cgroup *cg, const struct cg_write *w);
/* Would we be allowed to make d->dir? 0, -EROFS, -EACCES. Makes nothing. */
int cg_may_make(const struct cg_dir *d);
int cg_explain_mkdir(const struct cg_dir *d, const char *path, int code,
		     struct err *e);
/* mkdir -p of d->dir below d->mount; sets d->made. Explains failures. */
int cg_mkdirs(struct cg_dir *d, struct err *e);
/* Small file DIR/NAME without its last newline; "" on failure. In arena. */
const char *cg_read(struct arena *a, const char *dir, const char *name);
/* As file_write_at(), for a path in two parts. */
int cg_put(const char *dir, const char *name, const char *value);

/* ---- cg_mark.c ---- */

/* Make the directory recognizable as ours; sets cg->unmarked on failure. */
void cg_mark_put(struct cgroup *cg, const struct cg_dir *d);

/* ---- cg_tree.c: a cgroup with its children ---- */

/* Add the processes of the whole tree; *hidden counts those of other pid
 * namespaces. A missing directory is empty. List is unsorted. */
int cg_tree_pids(const char *dir, struct pid_list *list, size_t *hidden);
/* Their threads: the only list that a threaded cgroup has. */
int cg_tree_threads(const char *dir, struct pid_list *list, size_t *hidden);
void cg_pids_sort(struct pid_list *list);
/* Write a file of every cgroup of the tree, as far as that is possible. */
void cg_tree_put(const char *dir, const char *file, const char *value);
/* Remove everything below dir, then dir. -EBUSY while processes are in it. */
int cg_tree_remove(const char *dir);
/* A short pause where the kernel has no event; false after the deadline. */
bool cg_step(deadline_t deadline);
/* "12 (sh), 15 (sleep) and 3 more". Returns buf. */
const char *cg_pids_text(const struct pid_list *list, char *buf, size_t size);
/* As above with states and what they wait in, of at most three. */
const char *cg_pids_stuck(const struct pid_list *list, char *buf, size_t size);

/* ---- cg_v1.c, cg_v2.c ---- */

int cg1_check(const struct cg_dir *d, struct err *e);
int cg1_create(struct cgroup *cg, struct cg_dir *d, struct err *e);
int cg1_freeze(const char *dir, bool on, deadline_t deadline, struct err *e);
bool cg1_frozen(const char *dir);
bool cg1_stops(const char *dir);
int cg1_destroy(const struct cg_dir *d, deadline_t deadline, struct err *e);

/*
 * Two starts at the same moment both see an empty directory. The lock lives as
 * long as this process has the descriptor. -EBUSY: somebody else has it.
 */
int cg_open_locked(struct cgroup *cg, const struct cg_dir *d, int *ret_fd,
		   struct err *e);

int cg2_check(const struct cg_dir *d, struct err *e);
/* Can processes enter it? Not in threaded mode. */
int cg2_check_type(const struct cg_dir *d, struct err *e);
int cg2_create(struct cgroup *cg, struct cg_dir *d, struct err *e);
/* Make the controllers of w available in the existing directory. */
int cg2_ensure(const struct cgroup *cg, const struct cg_dir *d,
	       const struct cg_writes *w, struct err *e);
int cg2_freeze(const char *dir, bool on, deadline_t deadline, struct err *e);
bool cg2_frozen(const char *dir);
bool cg2_stops(const char *dir);
int cg2_destroy(const struct cg_dir *d, deadline_t deadline, struct err *e);
/* Pass all controllers on from directory `from` to `to`, somewhere below it. */
void cg2_pass_on(const char *from, const char *to);
/* Explain a failed write of a pid to cgroup.procs (sets hint only). */
void cg2_enter_hint(const char *dir, pid_t pid, int code, struct err *e);

#endif
