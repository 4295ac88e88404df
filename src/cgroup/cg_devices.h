/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules (cg_devices.c), for src/cgroup/ only; part of cg_internal.h. */
#ifndef OCIRUN_CGROUP_CG_DEVICES_H
#define OCIRUN_CGROUP_CG_DEVICES_H

#include "base/err.h"
#include "base/mem.h"
#include "config/spec.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CG_ACC_M 1U /* numbers of BPF_DEVCG_ACC_* */
#define CG_ACC_R 2U
#define CG_ACC_W 4U
#define CG_ACC_ALL (CG_ACC_M | CG_ACC_R | CG_ACC_W)

struct cg_dev {
	char type; /* 'b', 'c' */
	int64_t major, minor; /* -1 = any */
	uint32_t access;
	bool dflt; /* added by us: a parent that denies it is no error */
};
/* What a rule list comes to: a default and its exceptions. */
struct cg_dev_policy {
	struct arena *arena;
	bool allow; /* the default; exceptions are the opposite */
	struct cg_dev *v;
	size_t n, cap;
};
struct cg_dev_write { bool allow; bool dflt; const char *rule; };

/*
 * Play the rules through, then our defaults (pure). Error: a rule that would
 * punch a hole into a wildcard, which v1 cannot express.
 */
int cg_devices_policy(struct cg_dev_policy *ret, struct arena *a,
		      const struct spec_device_rule *rules, size_t n,
		      bool defaults, struct err *e);
/* v1: from the text of devices.list to the writes that reach it (pure). */
int cg_devices_v1(const struct cg_dev_policy *target, const char *list,
		  struct arena *a, struct cg_dev_write **ret, size_t *ret_n);
/* v1: does devices.list grant nothing beyond the policy (pure)? */
bool cg_devices_v1_within(const struct cg_dev_policy *target, const char *list,
			  struct arena *a);
/* v2: the program, in the arena of the policy (pure). */
void cg_devices_program(const struct cg_dev_policy *policy,
			struct bpf_insn **ret, size_t *ret_n);

int cg_devices_apply_v1(const char *dir, const struct cg_dev_policy *policy,
			struct err *e);
/* `fresh`: the directory is new, nothing can be attached yet. */
int cg_devices_apply_v2(int dirfd, const struct cg_dev_policy *policy,
			bool fresh, struct err *e);

#endif
