/* SPDX-License-Identifier: Apache-2.0 */
/* What create asks of the control groups, and of resctrl. */
#ifndef OCIRUN_RUNTIME_CREATE_CGROUP_H
#define OCIRUN_RUNTIME_CREATE_CGROUP_H

#include "base/err.h"
#include "runtime/create.h"

/* Fill cr->cg from config and options; makes nothing. */
int creation_plan_cgroup(struct creation *cr, struct err *e);
/*
 * The container's user owns its cgroup if it has a cgroup namespace of its own and
 * sees the cgroup writable (runtime-spec, "Cgroup ownership").
 */
int creation_delegate_cgroup(struct creation *cr, struct err *e);
/*
 * Init goes where the annotation run.oci.delegate-cgroup wants it: after its cgroup
 * namespace was made and the limits are set, which both are above that.
 */
int creation_descend_cgroup(struct creation *cr, struct err *e);

/* Fill cr->c.rec.rdt from the config, when the record has a mark; makes nothing. */
int creation_plan_rdt(struct creation *cr, struct err *e);

#endif
