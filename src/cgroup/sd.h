/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The systemd driver, for src/cgroup/ only: sd_unit.c (names), sd_props.c and
 * sd_annot.c (properties as data), sd_manager.c (asking systemd), cg_systemd.c
 * (in the life of a struct cgroup). All but the last two are pure.
 *
 * Sources: systemd.resource-control(5), systemd.scope(5), systemd.slice(5),
 * org.freedesktop.systemd1(5).
 */
#ifndef OCIRUN_CGROUP_SD_H
#define OCIRUN_CGROUP_SD_H

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "cgroup/cg_devices.h"
#include "config/spec.h"
#include "dbus/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- sd_unit.c ---- */

struct sd_unit {
	const char *slice; /* "machine.slice": the unit it is put into */
	const char *name;  /* "runc-box.scope" */
	const char *label; /* the last part of cgroupsPath, for people */
	const char *dir;   /* "/machine.slice/runc-box.scope", below the manager's */
};

/* "a-b.slice" to "/a.slice/a-b.slice"; "-.slice" is "". -EINVAL: no slice. */
int sd_expand_slice(const char *slice, struct arena *a, const char **ret);
/*
 * linux.cgroupsPath "slice:prefix:name", whose default is "::ID" with `prefix`;
 * unless that is "runc", other numbers of parts are taken as by crun.
 * No slice is system.slice, or user.slice with the user's manager.
 */
int sd_unit_names(struct sd_unit *ret, struct arena *a, const char *cgroups_path,
		  const char *prefix, const char *id, bool user, struct err *e);

/* From the text of /proc/PID/cgroup: in the slice of a user that is not root? */
bool sd_user_slice(const char *cgroups);

/* ---- sd_props.c ---- */

struct sd_prop {
	const char *name;
	struct dval value;
};
struct sd_props {
	struct arena *arena;
	struct sd_prop *v;
	size_t n, cap;
};
struct sd_host {
	bool v2;     /* cgroup2 is all there is */
	int version; /* of systemd, 0 = unknown */
};

void sd_add(struct sd_props *p, const char *name, struct dval value);
/* What a new unit has; `pid` is its first process. */
int sd_props_start(struct sd_props *p, const struct sd_unit *u, pid_t pid,
		   const struct spec_resources *res, const struct sd_host *host,
		   struct err *e);
/* Limits without devices, as they are in the config. */
int sd_props_resources(struct sd_props *p, const struct spec_resources *res,
		       const struct sd_host *host, struct err *e);
/* Device rules. What systemd cannot say is left to our own enforcement. */
void sd_props_devices(struct sd_props *p, const struct cg_dev_policy *policy,
		      const struct sd_host *host);
/*
 * systemd has one property for weight and idle: an idle group has no weight, and
 * one that gets a weight is not idle any more. `idle`: it is now. Changes *res.
 */
void sd_resolve_idle(struct spec_resources *res, struct arena *a, bool v2,
		     bool idle);
/*
 * systemd knows a quota in whole percents of a CPU: round up what is not, so
 * that it and we write the same. Period 0 is the kernel's default.
 */
int64_t sd_round_quota(int64_t quota, uint64_t period);
/* "0-2,7" to { 0x87 }: the bytes of AllowedCPUs. -EINVAL: no such list. */
int sd_cpu_bytes(const char *list, struct arena *a, struct dval *ret);
/* "MemoryMax=uint64 5 TasksMax=…", for tests and messages. */
void sd_props_print(const struct sd_props *p, struct str *out);

/* ---- sd_annot.c ---- */

/*
 * Annotations "org.systemd.property.NAME": "VALUE". Refused: names that are none,
 * values that are none, properties that run programs or act on other units.
 */
int sd_props_annotations(struct sd_props *p, const struct kv_list *annotations,
			 struct err *e);

/* ---- sd_manager.c ---- */

/* Longest wait for systemd; it can be busy with hundreds of units. */
#define SD_DEADLINE_MS (30 * 1000)

struct sd_manager; /* a connection */

/* Is systemd the init system here (sd_booted(3))? */
bool sd_running(void);
/* Connect to the system's manager, or to the user's own. */
int sd_connect(struct sd_manager **ret, bool user, deadline_t deadline,
	       struct err *e);
/* As above, where the caller knows the address. `direct`: no bus is between. */
int sd_connect_to(struct sd_manager **ret, const char *address, bool direct,
		  deadline_t deadline, struct err *e);
void sd_disconnect(struct sd_manager *m);
/* Of systemd ("v252.1-2" is 252). */
int sd_version(struct sd_manager *m, deadline_t deadline, int *ret,
	       struct err *e);
/* The cgroup of the manager itself, "" for the root. In the arena. */
int sd_control_group(struct sd_manager *m, struct arena *a, const char **ret,
		     deadline_t deadline, struct err *e);
/*
 * Each waits until systemd has done it. A unit that is not there is stopped.
 * *ret_refused is always set: a failed start has made nothing for sure.
 */
int sd_start(struct sd_manager *m, const char *unit, const struct sd_props *p,
	     bool *ret_refused, deadline_t deadline, struct err *e);
int sd_stop(struct sd_manager *m, const char *unit, deadline_t deadline,
	    struct err *e);
int sd_set(struct sd_manager *m, const char *unit, const struct sd_props *p,
	   deadline_t deadline, struct err *e);
/* Move a process into the unit, or into the cgroup `sub` ("/a") below it. */
int sd_attach(struct sd_manager *m, const char *unit, const char *sub,
	      pid_t pid, deadline_t deadline, struct err *e);
/* "v252.1-2" or "252 (252.1)" to 252, 0 if it is no version. */
int sd_parse_version(const char *text);
/* Address of the user's bus by the environment, malloc'ed. */
int sd_user_address(char **ret, struct err *e);

static inline void auto_sd_manager(struct sd_manager **m)
{
	sd_disconnect(*m);
}

#endif
