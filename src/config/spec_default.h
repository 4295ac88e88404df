/* SPDX-License-Identifier: Apache-2.0 */
/* The config.json that `ocirun spec` writes. */
#ifndef OCIRUN_CONFIG_SPEC_DEFAULT_H
#define OCIRUN_CONFIG_SPEC_DEFAULT_H

#include <stdbool.h>
#include <stdint.h>

struct spec_default_opts {
	bool rootless;        /* user namespace, no network namespace, /sys bind */
	bool cgroup_ns;       /* host has cgroup v2 only: add a cgroup namespace */
	uint32_t euid, egid;  /* mapped to 0 when rootless */
	const char *hostname; /* NULL: "ocirun" */
};

/* Tab-indented text without trailing newline, malloc'ed. Pure. */
char *spec_default_json(const struct spec_default_opts *opts);

#endif
