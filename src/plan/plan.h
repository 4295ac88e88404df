/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A start as data. plan_build() is pure: (config, facts of the host, verb) in,
 * ordered list of steps out; no file is opened, nothing is logged (I7). The
 * parent encodes the plan into the payload of libnsexec; init decodes it and
 * walks it. `exec` uses the same executor with a shorter list.
 */
#ifndef OCIRUN_PLAN_PLAN_H
#define OCIRUN_PLAN_PLAN_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/spec.h"
#include "plan/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_id {
	STEP_NONE,
#define STEP(id, arg, name, why) STEP_##id,
#include "plan/steps.def"
#undef STEP
	_STEP_MAX,
};

struct step_info { const char *name, *arg, *why; };
/* Row of steps.def; index is enum step_id. */
extern const struct step_info step_infos[_STEP_MAX];

/*
 * Descriptors that init inherits, by role. The numbers are filled in by the
 * parent after planning (plan.fds); -1 = not used.
 */
enum fd_slot {
	SLOT_FIFO,      /* O_PATH of exec.fifo */
	SLOT_CONSOLE,   /* connected socket that receives the pty master */
	SLOT_PIDFD,     /* connected socket that receives our pidfd */
	SLOT_TTY,       /* legacy --console: an open pty slave */
	SLOT_SECCOMP,   /* compiled filter (cBPF), a sealed memfd */
	SLOT_HOOK_OUT, SLOT_HOOK_ERR, /* where hooks write: files of the host */
	SLOT_ROOT, SLOT_MNT, /* exec, mounts: init's root (O_PATH), mount namespace */
	SLOT_STDIN, SLOT_STDOUT, SLOT_STDERR, /* pipes that become 0, 1, 2 */
	_SLOT_MAX,
};

/* ---- arguments: one struct per kind, encoded by the table in codec.c -------- */

struct arg_keyring { const char *name; uint32_t perm_or; const char *label; };
struct arg_propagation { uint64_t flags; };
struct arg_rootfs {
	const char *path;
	bool own_ns;         /* own mount namespace; without one only the bind
			      * of path on itself is touched: it is private */
	bool private_parent; /* with own_ns: the mount that holds path becomes
			      * private, otherwise slave; it never stays shared */
};

/*
 * A cgroup mount of the config becomes one or more of these with its index:
 * cgroup2 is MOUNT_CGROUP (a bind of `way_out` if the kernel refuses with EPERM
 * or EBUSY) with a cgroup namespace and MOUNT_BIND without one, the tmpfs over
 * v1 hierarchies MOUNT_TMPFS, a hierarchy MOUNT_FS (type "cgroup") with a cgroup
 * namespace and MOUNT_BIND without one.
 */
struct arg_mount {
	uint32_t index;     /* N of /mounts/N; UINT32_MAX = made by the runtime */
	uint32_t kind;      /* enum mount_kind */
	const char *dest, *type, *source, *data, *way_out; /* last two: or NULL */
	uint64_t flags, cleared; /* MS_* */
	uint64_t rec_set, rec_clr; /* SYS_ATTR_*, applied recursively */
	uint32_t *propagation; size_t n_propagation; /* MS_* in order */
	bool by_parent;     /* bind: the parent opens source (NEED_MOUNT_FD) if
			     * init is not allowed to reach it */
	bool idmap;         /* bind: the parent sends the id-mapped tree */
	bool ro_late;       /* a REMOUNT_RO step follows: flags lack MS_RDONLY */
	bool mode_inherit;  /* tmpfs: keep the mode of an existing target */
	bool tmpcopyup, copy_symlink, src_nofollow, dest_nofollow;
	bool label_set; const char *label, *label_option; /* NULL: "context" */
};
struct arg_symlink { const char *path, *target; };
struct arg_device {
	uint32_t index;     /* N of /linux/devices/N; UINT32_MAX = default node */
	const char *path; uint32_t type; /* 'c' 'b' 'p' */
	uint32_t major, minor, mode, uid, gid;
	bool bind;          /* bind the host's node (user namespace) */
};
struct arg_dev_links { bool ptmx; bool kcore; };
struct arg_hook {
	uint32_t kind;      /* enum hook_kind */
	uint32_t index;     /* position within its kind */
	const char *path; const char **argv; size_t n_argv;
	const char **envp; size_t n_envp; bool env_set;
	int32_t timeout;    /* seconds, 0 = none */
	/* stdin: head + "\"pid\":N," + tail with N = getpid() */
	const char *state_head, *state_tail;
};
enum pivot_how { PIVOT_ROOT, PIVOT_MOVE, PIVOT_CHROOT, PIVOT_JOINED, PIVOT_ENTER };
struct arg_pivot { uint32_t how; uint64_t dev, ino; /* exec: root at create, or 0 */ };
struct arg_path { const char *text; };
struct arg_path_at { uint32_t index; const char *path, *label, *label_option; };
struct arg_console {
	uint32_t height, width; bool bind; bool legacy; const char *label;
	uint32_t uid, gid;      /* owner of the slave */
};
struct arg_pidfd { const char *payload; };
/* flags: all MS_* of the mount, MS_RDONLY included, without BIND and REMOUNT */
struct arg_remount { const char *path; uint64_t flags; };
struct arg_umask { uint32_t mask; };
struct arg_rlimit {
	uint32_t index;     /* N of /process/rlimits/N */
	uint32_t resource;  /* RLIMIT_* */
	uint64_t soft, hard; /* UINT64_MAX = infinity */
};
struct arg_sysctl { const char *key, *value; }; /* key: path below /proc/sys */
struct arg_scheduler {
	uint32_t policy; int32_t nice; uint32_t priority; uint64_t flags, runtime,
	deadline, period;
};
struct arg_io_priority { uint32_t class_, priority; };
struct arg_personality { uint64_t persona; };
struct arg_memory_policy { uint32_t mode; const char *nodes; };
struct arg_seccomp {
	bool has_listener; uint32_t flags;
	bool by_number;     /* the listener goes to the parent as a number, by
			     * write(2): the filter is in sendmsg(2)'s way */
};
struct arg_caps {
	bool set; /* false: leave the sets alone (object absent) */
	uint64_t bounding, effective, inheritable, permitted, ambient;
};
struct arg_ids {
	uint32_t uid, gid; uint32_t *groups; size_t n_groups; bool set_groups;
};
struct arg_exec {
	const char **argv; size_t n_argv; const char **envp; size_t n_envp;
	const char *cwd;
	uint32_t uid;       /* for HOME */
	uint32_t preserve_fds; /* 3 … 3+n-1 stay open */
};
struct arg_fifo { uint32_t slot; };

struct step {
	enum step_id id;
	union step_arg {
		struct arg_keyring keyring;
		struct arg_propagation propagation;
		struct arg_rootfs rootfs;
		struct arg_mount mount;
		struct arg_symlink symlink;
		struct arg_device device;
		struct arg_dev_links dev_links;
		struct arg_hook hook;
		struct arg_pivot pivot;
		struct arg_path path;
		struct arg_path_at path_at;
		struct arg_console console;
		struct arg_pidfd pidfd;
		struct arg_remount remount;
		struct arg_umask umask;
		struct arg_rlimit rlimit;
		struct arg_sysctl sysctl;
		struct arg_scheduler scheduler;
		struct arg_io_priority io_priority;
		struct arg_personality personality;
		struct arg_memory_policy memory_policy;
		struct arg_seccomp seccomp;
		struct arg_caps caps;
		struct arg_ids ids;
		struct arg_exec exec;
		struct arg_fifo fifo;
	} u;
};

struct plan {
	struct arena arena;
	struct step *steps;
	size_t n_steps, cap;
	int32_t *fds;        /* by slot, -1 = unused */
	size_t n_slots;
	const char *id;      /* container id, for messages */
	const char *verb;    /* "create", "run", "exec", "mounts" */
	bool debug;          /* send debug log lines */
	bool runc_words;     /* "error during container init", not step numbers */
	uint32_t fail_at;    /* debug builds: fault injection, 0 = off */
};

enum verb { VERB_CREATE, VERB_RUN, VERB_EXEC, VERB_MOUNTS };

/* What the command line and the container's record add to the config. */
struct plan_request {
	enum verb verb;
	const char *id;
	const char *bundle;        /* absolute */
	const char *rootfs;        /* absolute, checked to be a directory */
	bool no_pivot, no_new_keyring, debug, runc_words, detached;
	bool console_socket;       /* SLOT_CONSOLE will be filled */
	bool legacy_console;       /* SLOT_TTY will be filled */
	bool pidfd_socket;
	bool seccomp;              /* SLOT_SECCOMP will be filled */
	bool seccomp_by_number;    /* arg_seccomp.by_number */
	uint32_t seccomp_lacks;    /* SECCOMP_FILTER_FLAG_* this kernel has not */
	uint32_t listen_fds, preserve_fds;
	const struct spec_process *process; /* VERB_EXEC: the one to run */
	uint64_t root_dev, root_ino; /* VERB_EXEC: arg_pivot */
	bool unmount, stdio;       /* VERB_MOUNTS: they go; SLOT_STDIN … are used */
	const struct cgroup_view *cgroup; /* for cgroup mounts (host.h) */
	bool cgroup_ns_host;       /* the one to join is the host's: as without one */
};

/*
 * Build. `spec` has passed the check. *ret owns its arena, but strings may also
 * point into the spec, which must outlive the plan. Errors: a property whose
 * implementation is still to come, named by its pointer (-ENOTSUP).
 */
int plan_build(struct plan *ret, const struct spec *spec,
	       const struct host *host, const struct plan_request *req,
	       struct err *e);
void plan_free(struct plan *plan);

/* Human text, one line per step, for --dry-run, debug and golden tests. */
void plan_print(const struct plan *plan, struct str *out);
/* One step as "mount /proc (proc)". */
void step_print(const struct step *step, struct str *out);

/*
 * The state of a container as hooks read it, in the two parts between which
 * "\"pid\":N," fits: {"ociVersion":…,"status":…, and "bundle":…}. Annotations
 * are sorted by key and left out if there are none.
 */
void plan_state_head(struct str *out, const char *id, const char *status);
void plan_state_tail(struct str *out, const char *bundle,
		     const struct kv_list *annotations);
/* As hook_arg() of hook.h, which is this: argv is never empty. */
void plan_hook(struct arg_hook *ret, struct arena *arena,
	       const struct spec_hook *hook, enum hook_kind kind, size_t index);

/* Flat form for the payload (codec.c): position-independent, bounds-checked. */
void plan_encode(const struct plan *plan, struct str *out);
/* -EPROTO for anything malformed; strings point into `data`, which must live. */
int plan_decode(struct plan *ret, const void *data, size_t len, struct err *e);

static inline void auto_plan(struct plan *p)
{
	plan_free(p);
}

#endif
