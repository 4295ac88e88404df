/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of the host that a plan depends on, probed once and then plain data, so
 * that tests can invent hosts. Probe features, never kernel versions.
 */
#ifndef OCIRUN_PLAN_HOST_H
#define OCIRUN_PLAN_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One cgroup hierarchy as a container sees it; filled by cgroup_view(). */
struct cgroup_mount {
	const char *subdir;      /* name below /sys/fs/cgroup ("cpu", "systemd") */
	const char *data;        /* mount data ("cpu,cpuacct", "none,name=systemd") */
	const char *host_dir;    /* absolute directory of the container's cgroup */
	const char **links;      /* further names that should point to subdir */
	size_t n_links;
};
struct cgroup_view {
	bool v2;                 /* one cgroup2 tree at /sys/fs/cgroup */
	const char *v2_mount;    /* where the host has its cgroup2 tree, also of a
				  * hybrid layout; NULL = nowhere */
	const char *v2_host_dir; /* the container's directory in it, or NULL */
	struct cgroup_mount *mounts; /* v1 hierarchies, hybrid too */
	size_t n_mounts;
};

struct host {
	uint32_t euid, egid;
	bool in_userns;          /* the runtime itself is in a user namespace */
	bool has_kcore;          /* /proc/kcore exists */
	bool apparmor, selinux;  /* LSM enabled */
	int cap_last;            /* highest capability of the kernel */
};

/* Fill *ret from the running system. Never fails: unknown counts as absent. */
void host_probe(struct host *ret);
/* True if the id map of this process is not the whole identity. */
bool host_in_userns(void);
/* True if the kernel has time namespaces. */
bool host_has_time_ns(void);

#endif
