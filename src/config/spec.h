/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The typed form of config.json: runtime-spec 1.3 for Linux, complete. Parsed
 * once (spec_parse.c), checked once (spec_check.c), then read-only. After the
 * parser nobody compares strings of the spec: kinds are enums, options are bits.
 *
 * Memory: everything hangs on spec.arena and is freed by spec_free().
 * Absent versus zero: struct opt_*; an optional string is NULL when absent;
 * a list is { NULL, 0 } when absent or empty unless its comment says otherwise.
 * What is required, or has a default, is never NULL after a successful check.
 */
#ifndef OCIRUN_CONFIG_SPEC_H
#define OCIRUN_CONFIG_SPEC_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_bool { bool set; bool v; };
struct opt_u16 { bool set; uint16_t v; };
struct opt_u32 { bool set; uint32_t v; };
struct opt_i32 { bool set; int32_t v; };
struct opt_u64 { bool set; uint64_t v; };
struct opt_i64 { bool set; int64_t v; };

struct str_list { const char **v; size_t n; }; /* v is NULL-terminated if n */
struct u32_list { uint32_t *v; size_t n; };
struct kv { const char *key, *value; };
struct kv_list { struct kv *v; size_t n; };    /* in document order */

/* ---- root, mounts ------------------------------------------------------ */

struct spec_root {
	const char *path; /* as written; relative = to the bundle. Required */
	bool readonly;
};

struct spec_idmap {
	uint32_t container_id, host_id, size;
};
struct idmap_list { struct spec_idmap *v; size_t n; };

enum mount_kind { /* decided by the parser from type and options */
	MOUNT_FS,      /* any file system by type */
	MOUNT_BIND,    /* option bind or rbind */
	MOUNT_PROC,
	MOUNT_SYSFS,
	MOUNT_MQUEUE,
	MOUNT_TMPFS,
	MOUNT_CGROUP,  /* type cgroup or cgroup2 */
	MOUNT_REMOUNT, /* option remount */
};

/* What the option strings of one mount mean; mount_opts.c fills it. */
struct mount_opts {
	unsigned long flags;    /* MS_* set */
	unsigned long cleared;  /* MS_* explicitly cleared ("rw", "dev" …) */
	struct u32_list propagation; /* MS_SHARED, MS_SLAVE|MS_REC … in order */
	uint64_t rec_set;       /* SYS_ATTR_* to set recursively ("rro") */
	uint64_t rec_clr;       /* SYS_ATTR_* to clear recursively */
	bool idmap, ridmap;
	const char *idmap_spec; /* crun "idmap=uids=…;gids=…", else NULL; read
				 * into the mappings of the mount */
	bool tmpcopyup;
	bool copy_symlink;      /* crun: recreate the source symlink */
	bool src_nofollow, dest_nofollow;
	const char *data;       /* file-system data joined with ',', or NULL */
};

struct spec_mount {
	const char *destination; /* absolute after parsing, not yet resolved */
	const char *type;        /* never NULL: "" when absent */
	const char *source;      /* never NULL: "" when absent */
	struct str_list options; /* as written */
	struct mount_opts o;
	enum mount_kind kind;
	/* with neither, idmap and ridmap mean those of the user namespace */
	struct idmap_list uid_mappings, gid_mappings;
};

/* Is the mount to be id-mapped? The mappings alone ask for it, too. */
static inline bool spec_mount_idmapped(const struct spec_mount *m)
{
	return m->o.idmap || m->o.ridmap || m->uid_mappings.n || m->gid_mappings.n;
}

/* ---- process ----------------------------------------------------------- */

struct spec_user {
	uint32_t uid, gid;
	struct opt_u32 umask;
	struct u32_list additional_gids;
};

struct spec_capabilities { /* bit n = capability n of linux/capability.h */
	bool set;              /* the whole object was present */
	bool inheritable_set;  /* the key "inheritable" was present */
	uint64_t bounding, effective, inheritable, permitted, ambient;
	struct str_list unknown; /* names ignored with one warning */
};

struct spec_rlimit {
	int resource; /* RLIMIT_* */
	uint64_t soft, hard; /* UINT64_MAX = infinity */
};

enum spec_sched_policy { /* values of the kernel's SCHED_* */
	SPEC_SCHED_OTHER = 0, SPEC_SCHED_FIFO = 1, SPEC_SCHED_RR = 2,
	SPEC_SCHED_BATCH = 3, SPEC_SCHED_ISO = 4, SPEC_SCHED_IDLE = 5,
	SPEC_SCHED_DEADLINE = 6,
};
struct spec_scheduler {
	bool set;
	enum spec_sched_policy policy;
	int32_t nice;
	int32_t priority;
	uint64_t flags; /* SCHED_FLAG_* of sched_setattr(2) */
	struct opt_u64 runtime, deadline; /* ns */
	uint64_t period; /* ns, 0 = the deadline */
};

struct spec_io_priority {
	bool set;
	uint32_t class_; /* 1 RT, 2 BE, 3 IDLE (ioprio_set(2)) */
	int32_t priority; /* 0..7 */
};

struct spec_cpu_affinity {
	const char *initial, *final_; /* cpu lists as written, checked, or NULL */
};

struct spec_process {
	bool terminal;
	uint32_t console_height, console_width; /* 0 = unset; characters */
	const char *cwd;          /* absolute */
	struct str_list env;      /* "K=V", as written */
	struct str_list args;     /* at least one */
	struct spec_user user;
	struct spec_capabilities caps;
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	const char *apparmor_profile; /* NULL or "" = none */
	const char *selinux_label;
	struct opt_bool no_new_privileges; /* unset counts as false */
	struct opt_i32 oom_score_adj;
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	struct spec_cpu_affinity exec_cpu_affinity;
};

/* ---- hooks ------------------------------------------------------------- */

enum hook_kind {
	HOOK_PRESTART, HOOK_CREATE_RUNTIME, HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER, HOOK_POSTSTART, HOOK_POSTSTOP,
	_HOOK_KIND_MAX,
};
/* "prestart", "createRuntime", …: the name in config.json. */
extern const char *const hook_kind_names[_HOOK_KIND_MAX];

struct spec_hook {
	const char *path;     /* absolute */
	struct str_list args; /* full argv; n == 0: argv is { path } */
	bool env_set;         /* the key was present: exactly env, else inherit */
	struct str_list env;
	struct opt_i32 timeout; /* seconds, > 0 */
};
struct hook_list { struct spec_hook *v; size_t n; };

/* ---- linux ------------------------------------------------------------- */

enum ns_kind { /* order of the bootstrap list */
	NS_USER, NS_IPC, NS_UTS, NS_NET, NS_PID, NS_MNT, NS_CGROUP, NS_TIME,
	_NS_KIND_MAX,
};

struct spec_ns {
	bool listed;       /* in linux.namespaces; otherwise inherited */
	const char *path;  /* NULL = create a new one */
	uint32_t index;    /* position in linux.namespaces, for messages */
};

struct spec_device {
	char type; /* 'c' (also written u), 'b', 'p' */
	const char *path; /* absolute */
	uint32_t major, minor;
	struct opt_u32 file_mode; /* permission bits */
	struct opt_u32 uid, gid;
};

struct spec_device_rule {
	bool allow;
	char type;          /* 'a', 'b', 'c' */
	int64_t major, minor; /* -1 = any */
	bool r, w, m;
};

struct spec_memory {
	struct opt_i64 limit, reservation, swap, kernel, kernel_tcp;
	struct opt_u64 swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};

struct spec_cpu {
	struct opt_u64 shares, period, burst, realtime_period;
	struct opt_i64 quota, realtime_runtime, idle;
	const char *cpus, *mems; /* NULL = untouched */
};

struct spec_weight_device {
	int64_t major, minor;
	struct opt_u16 weight, leaf_weight;
};
struct spec_throttle_device { int64_t major, minor; uint64_t rate; };
struct throttle_list { struct spec_throttle_device *v; size_t n; };
struct spec_block_io {
	struct opt_u16 weight, leaf_weight;
	struct spec_weight_device *weight_devices;
	size_t n_weight_devices;
	struct throttle_list read_bps, write_bps, read_iops, write_iops;
};

struct spec_hugepage { const char *page_size; uint64_t limit; };
struct spec_net_prio { const char *name; uint32_t priority; };
struct spec_rdma {
	const char *device;
	struct opt_u32 hca_handles, hca_objects;
};

struct spec_resources {
	bool set; /* linux.resources was present */
	struct spec_device_rule *devices;
	size_t n_devices;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct opt_i64 pids_limit;
	struct spec_block_io block_io;
	struct spec_hugepage *hugepages;
	size_t n_hugepages;
	struct opt_u32 net_class_id;
	struct spec_net_prio *net_prios;
	size_t n_net_prios;
	struct spec_rdma *rdma;
	size_t n_rdma;
	struct kv_list unified;
	struct opt_i32 old_oom_score_adj; /* as configs before 1.0.0 had it */
};

struct spec_seccomp_arg { uint32_t index; uint64_t value, value_two; uint32_t op; };
struct spec_seccomp_rule {
	struct str_list names;
	uint32_t action; /* enum seccomp_action of names.h */
	struct opt_u32 errno_ret;
	struct spec_seccomp_arg *args;
	size_t n_args;
};
struct spec_seccomp {
	bool set;
	uint32_t default_action;
	struct opt_u32 default_errno_ret;
	struct u32_list architectures; /* enum seccomp_arch of names.h */
	bool flags_set;                /* "flags" present, even if empty */
	struct u32_list flags;         /* enum seccomp_flag of names.h */
	const char *listener_path, *listener_metadata;
	struct spec_seccomp_rule *rules;
	size_t n_rules;
	/* of annotations (annotations.h) */
	bool listener_always;          /* also without a rule that notifies */
	bool fail_unknown;             /* an unknown system call is an error */
	const uint8_t *raw;            /* a whole BPF program, or NULL */
	size_t raw_len;
};

struct spec_time_offset { bool set; int64_t secs; uint32_t nanosecs; };

struct spec_net_device { const char *host_name; const char *name; /* or NULL */ };

struct spec_intel_rdt {
	bool set;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct str_list schemata;
	bool enable_monitoring;
};

struct spec_personality { bool set; uint32_t domain; /* personality(2) */
			  struct str_list flags; };

struct spec_memory_policy {
	bool set;
	uint32_t mode;  /* MPOL_* */
	const char *nodes; /* list as written, or NULL */
	uint32_t flags; /* MPOL_F_* */
};

struct spec_linux {
	bool set; /* the object was present */
	struct spec_ns ns[_NS_KIND_MAX];
	struct idmap_list uid_mappings, gid_mappings;
	struct spec_time_offset monotonic, boottime;
	struct spec_device *devices;
	size_t n_devices;
	struct spec_net_device *net_devices;
	size_t n_net_devices;
	const char *cgroups_path;        /* NULL = absent */
	struct spec_resources resources;
	unsigned long rootfs_propagation; /* MS_* | MS_REC; 0 = unset */
	struct str_list masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_personality personality;
	struct spec_memory_policy memory_policy;
	struct spec_intel_rdt intel_rdt;
	struct kv_list sysctl;
	struct spec_seccomp seccomp;
};

/* What annotations ask for (annotations.h); all off unless they were applied. */
struct spec_run_oci {
	bool keep_groups;              /* of the caller: no setgroups(2) */
	const char *hooks_stdout, *hooks_stderr; /* files, NULL = captured */
	const char *pidfd_receiver;    /* as --pidfd-socket */
	const char *mount_context;     /* option of labelled mounts, NULL = default */
	/* cgroups below the container's, relative; NULL = none */
	const char *subgroup;          /* of the scope: where it is then */
	const char *delegate_cgroup;   /* where init begins, its user's own */
};

struct spec {
	struct arena arena;
	const char *oci_version;
	struct spec_root root;
	bool root_set;
	struct spec_mount *mounts;
	size_t n_mounts;
	bool process_set;
	struct spec_process process;
	const char *hostname, *domainname; /* NULL = absent */
	struct hook_list hooks[_HOOK_KIND_MAX];
	struct kv_list annotations;
	struct spec_linux linux_;
	struct spec_run_oci run_oci;
};

#endif
