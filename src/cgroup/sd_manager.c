/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking systemd (sd.h). Knows the interface org.freedesktop.systemd1.Manager and
 * where a manager listens; knows nothing of struct cgroup.
 *
 * root talks to PID 1 directly, by the socket that systemctl(1) uses, so that a
 * message bus that is stopped or overloaded is in nobody's way; the bus is the
 * second choice. A user's manager is reached by the user's bus.
 *
 * Sources: org.freedesktop.systemd1(5); sd_booted(3).
 */
#include "config.h"

#include "cgroup/sd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "cgroup/cg_internal.h"
#include "dbus/bus.h"

#include "base/banned.h"

#define NAME	  "org.freedesktop.systemd1"
#define PATH	  "/org/freedesktop/systemd1"
#define MANAGER	  NAME ".Manager"
#define PRIVATE	  "unix:path=/run/systemd/private"
#define SYSTEM	  "unix:path=/run/dbus/system_bus_socket"
#define JOB_MATCH                                                     \
	"type='signal',sender='" NAME "',interface='" MANAGER "',"    \
	"member='JobRemoved',path='" PATH "'"

struct sd_manager {
	struct dbus *bus;
	bool direct, subscribed;
	char owner[32]; /* systemd's name on the bus; "" if direct or unknown */
};

bool sd_running(void)
{
	struct stat st;

	return lstat("/run/systemd/system", &st) == 0 && S_ISDIR(st.st_mode);
}

bool cgroup_of_user(void)
{
	AUTO(str) char *text = NULL;

	return file_read_at(AT_FDCWD, "/proc/self/cgroup", CG_FILE_MAX, &text,
			    NULL) == 0 && sd_user_slice(text);
}

int sd_parse_version(const char *text)
{
	uint32_t v = 0;

	while (*text == 'v' || *text == '"')
		text++;
	AUTO(str) char *digits = xstrndup(text, strspn(text, "0123456789"));

	return parse_u32(digits, &v) == 0 && v < 100000 ? (int)v : 0;
}

/* ---- connecting ---- */

int sd_connect_to(struct sd_manager **ret, const char *address, bool direct,
		  deadline_t deadline, struct err *e)
{
	AUTO(sd_manager) struct sd_manager *m = xcalloc(1, sizeof(*m));

	m->direct = direct;
	if (dbus_open(&m->bus, address, direct, deadline, e) < 0)
		return -e->code;
	*ret = TAKE_PTR(m);
	return 0;
}

static int connect_system(struct sd_manager **ret, deadline_t deadline,
			  struct err *e)
{
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	struct err first = ERR_INIT;

	if (address && *address)
		return sd_connect_to(ret, address, false, deadline, e);
	if (geteuid() == 0 &&
	    sd_connect_to(ret, PRIVATE, true, deadline, &first) == 0)
		return 0;
	/* Who does not answer here does not answer there either. */
	if (first.code == ETIMEDOUT) {
		*e = first;
		return -e->code;
	}
	return sd_connect_to(ret, SYSTEM, false, deadline, e);
}

int sd_user_address(char **ret, struct err *e)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *dir = getenv("XDG_RUNTIME_DIR");
	struct str s = { 0 };

	if (address && *address) {
		*ret = xstrdup(address);
		return 0;
	}
	AUTO(str) char *path = dir && *dir ? xasprintf("%s/bus", dir) : NULL;

	if (!path || access(path, F_OK) < 0) {
		(void)err_set(e, ENOENT, "no systemd user bus for uid %u: "
			      "DBUS_SESSION_BUS_ADDRESS is not set and "
			      "$XDG_RUNTIME_DIR/bus (%s) does not exist",
			      geteuid(), path ? path : "not set");
		return err_hint(e, "log in (or 'loginctl enable-linger'), with the "
				"package dbus-user-session installed, or use "
				"cgroupfs");
	}
	str_add(&s, "unix:path=");
	for (const char *p = path; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-_/.\\", *p))
			str_addc(&s, *p);
		else
			str_addf(&s, "%%%02x", (unsigned char)*p);
	}
	*ret = str_take(&s);
	return 0;
}

int sd_connect(struct sd_manager **ret, bool user, deadline_t deadline,
	       struct err *e)
{
	AUTO(str) char *address = NULL;

	if (!sd_running()) {
		(void)err_set(e, ENOTSUP, "systemd not running on this host, "
			      "cannot use systemd cgroups manager");
		return err_hint(e, "there is no /run/systemd/system; use the "
				"cgroupfs driver");
	}
	if (!user)
		return connect_system(ret, deadline, e);
	if (sd_user_address(&address, e) < 0)
		return -e->code;
	return sd_connect_to(ret, address, false, deadline, e);
}

void sd_disconnect(struct sd_manager *m)
{
	if (!m)
		return;
	dbus_close(m->bus);
	free(m);
}

/* ---- calls ---- */

/* Call something with at most four arguments and forget the reply. */
static int call(struct sd_manager *m, const char *member,
		const struct dval *args, size_t n, deadline_t deadline,
		struct err *e)
{
	const struct dbus_call c = { .dest = NAME, .path = PATH,
				     .iface = MANAGER, .member = member,
				     .args = args, .n_args = n };
	AUTO(dmsg) struct dmsg reply = DMSG_INIT;

	return dbus_call(m->bus, &c, &reply, deadline, e);
}

static int get_property(struct sd_manager *m, struct arena *a, const char *name,
			const char **ret, deadline_t deadline, struct err *e)
{
	const struct dval args[] = { dval_str(MANAGER), dval_str(name) };
	const struct dbus_call c = {
		.dest = NAME, .path = PATH,
		.iface = "org.freedesktop.DBus.Properties", .member = "Get",
		.args = args, .n_args = 2,
	};
	AUTO(dmsg) struct dmsg reply = DMSG_INIT;
	struct dmsg_reader r;

	if (dbus_call(m->bus, &c, &reply, deadline, e) < 0)
		return err_wrap(e, "cannot ask systemd for its %s", name);
	dmsg_read(&r, &reply);
	*ret = arena_strdup(a, dmsg_variant_str(&r));
	if (r.failed)
		return err_set(e, EBADMSG, "systemd's %s is no text", name);
	return 0;
}

int sd_version(struct sd_manager *m, deadline_t deadline, int *ret,
	       struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const char *text = "";

	if (get_property(m, &a, "Version", &text, deadline, e) < 0)
		return -e->code;
	*ret = sd_parse_version(text);
	if (*ret == 0)
		log_warn("cannot tell the version of systemd from '%s'", text);
	return 0;
}

int sd_control_group(struct sd_manager *m, struct arena *a, const char **ret,
		     deadline_t deadline, struct err *e)
{
	if (get_property(m, a, "ControlGroup", ret, deadline, e) < 0)
		return -e->code;
	if (streq(*ret, "/"))
		*ret = "";
	return 0;
}

/* Before the first job: the bus passes signals on to those who asked for them. */
static int subscribe(struct sd_manager *m, deadline_t deadline, struct err *e)
{
	const struct dval match = dval_str(JOB_MATCH);
	const struct dbus_call c = {
		.dest = "org.freedesktop.DBus", .path = "/org/freedesktop/DBus",
		.iface = "org.freedesktop.DBus", .member = "AddMatch",
		.args = &match, .n_args = 1,
	};
	AUTO(dmsg) struct dmsg reply = DMSG_INIT;

	if (m->subscribed)
		return 0;
	dbus_keep(m->bus, "JobRemoved");
	if (!m->direct && (dbus_call(m->bus, &c, &reply, deadline, e) < 0 ||
			   call(m, "Subscribe", NULL, 0, deadline, e) < 0))
		return err_wrap(e, "cannot subscribe to systemd's signals");
	m->subscribed = true;
	return 0;
}

/* Wait for the end of the job at `path`. *ret: its result. */
static int wait_job(struct sd_manager *m, const char *path, const char *what,
		    struct arena *a, const char **ret, deadline_t deadline,
		    struct err *e)
{
	for (;;) {
		AUTO(dmsg) struct dmsg s = DMSG_INIT;
		struct dmsg_reader r;

		if (dbus_signal(m->bus, what, &s, deadline, e) < 0)
			return -e->code;
		if (!streq(s.iface, MANAGER) ||
		    (!m->direct && !streq(s.sender, m->owner)))
			continue;
		dmsg_read(&r, &s);
		(void)dmsg_u32(&r);
		const char *job = dmsg_str(&r);

		(void)dmsg_str(&r); /* the unit */
		const char *result = dmsg_str(&r);

		if (r.failed || !streq(job, path))
			continue;
		*ret = arena_strdup(a, result);
		return 0;
	}
}

/* Call something that makes a job and wait for its end. */
static int run_job(struct sd_manager *m, const char *member,
		   const struct dval *args, size_t n, const char *what,
		   struct arena *a, const char **ret, deadline_t deadline,
		   struct err *e)
{
	const struct dbus_call c = { .dest = NAME, .path = PATH,
				     .iface = MANAGER, .member = member,
				     .args = args, .n_args = n };
	AUTO(dmsg) struct dmsg reply = DMSG_INIT;
	struct dmsg_reader r;

	if (subscribe(m, deadline, e) < 0 ||
	    dbus_call(m->bus, &c, &reply, deadline, e) < 0)
		return -e->code;
	(void)snprintf(m->owner, sizeof(m->owner), "%s", reply.sender);
	dmsg_read(&r, &reply);
	const char *path = arena_strdup(a, dmsg_str(&r));

	if (r.failed)
		return err_set(e, EBADMSG, "%s: systemd's answer names no job",
			       member);
	return wait_job(m, path, what, a, ret, deadline, e);
}

/* ---- units ---- */

static struct dval properties(struct arena *a, const struct sd_props *p)
{
	struct dval list = dval_array(a, "(sv)", p->n);

	for (size_t i = 0; i < p->n; i++) {
		list.kids[i] = dval_struct(a, 2);
		list.kids[i].kids[0] = dval_str(p->v[i].name);
		list.kids[i].kids[1] = dval_variant(a, &p->v[i].value);
	}
	return list;
}

static void reset_failed(struct sd_manager *m, const char *unit,
			 deadline_t deadline)
{
	const struct dval args[] = { dval_str(unit) };
	struct err e = ERR_INIT;
	char line[300];

	/* Most units have not failed, and are gone by now. */
	if (call(m, "ResetFailedUnit", args, 1, deadline, &e) < 0)
		log_debug("%s", err_format(&e, line, sizeof(line)));
}

/* The last unit of this name may be on its way out. */
#define EXISTS_MS 2000
#define RETRY_MS  20

static int try_start(struct sd_manager *m, const char *unit,
		     const struct sd_props *p, struct arena *a,
		     const char **ret, deadline_t deadline, struct err *e)
{
	AUTO(str) char *what = xasprintf("systemd to create '%s'", unit);
	const struct dval args[] = { dval_str(unit), dval_str("replace"),
				     properties(a, p),
				     dval_array(a, "(sa(sv))", 0) };
	deadline_t patience = deadline_in_ms(EXISTS_MS);

	for (;;) {
		int r = run_job(m, "StartTransientUnit", args, 4, what, a, ret,
				deadline, e);

		if (r == 0 || !str_ends(dbus_error(m->bus), ".UnitExists") ||
		    deadline_poll_ms(patience) == 0)
			return r;
		/* A failed unit stays until somebody has taken note. */
		reset_failed(m, unit, deadline);
		(void)poll(NULL, 0, RETRY_MS);
		err_clear(e);
	}
}

int sd_start(struct sd_manager *m, const char *unit, const struct sd_props *p,
	     bool *ret_refused, deadline_t deadline, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const char *result = "";
	int r = try_start(m, unit, p, &a, &result, deadline, e);

	*ret_refused = r < 0 && *dbus_error(m->bus);
	if (r < 0) {
		if (r == -EEXIST)
			(void)err_hint(e, "a unit of this name runs: choose "
				       "another cgroupsPath");
		return err_wrap(e, "unable to start unit '%s'", unit);
	}
	if (streq(result, "done"))
		return 0;
	reset_failed(m, unit, deadline);
	(void)err_set(e, EREMOTEIO, "error creating systemd unit '%s': got '%s'",
		      unit, result);
	return err_hint(e, "'systemctl status %s' or the journal says why", unit);
}

int sd_stop(struct sd_manager *m, const char *unit, deadline_t deadline,
	    struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(str) char *what = xasprintf("systemd to remove '%s'", unit);
	const struct dval args[] = { dval_str(unit), dval_str("replace") };
	const char *result = "";
	int r = run_job(m, "StopUnit", args, 2, what, &a, &result, deadline, e);

	if (r < 0 && !*dbus_error(m->bus))
		return err_wrap(e, "cannot stop unit '%s'", unit);
	if (r == -ENOENT) {
		err_clear(e);
		return 0;
	}
	if (r < 0)
		return err_wrap(e, "cannot stop unit '%s'", unit);
	if (!streq(result, "done"))
		log_warn("error removing unit '%s': got '%s', ignoring", unit,
			 result);
	reset_failed(m, unit, deadline);
	return 0;
}

int sd_set(struct sd_manager *m, const char *unit, const struct sd_props *p,
	   deadline_t deadline, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	const struct dval args[] = { dval_str(unit), dval_bool(true),
				     properties(&a, p) };

	if (p->n == 0)
		return 0;
	if (call(m, "SetUnitProperties", args, 3, deadline, e) < 0)
		return err_wrap(e, "unable to set properties of unit '%s'", unit);
	return 0;
}

int sd_attach(struct sd_manager *m, const char *unit, const char *sub,
	      pid_t pid, deadline_t deadline, struct err *e)
{
	AUTO(arena) struct arena a = { 0 };
	struct dval pids = dval_array(&a, "u", 1);

	pids.kids[0] = dval_u32((uint32_t)pid);
	const struct dval args[] = { dval_str(unit), dval_str(sub), pids };

	if (call(m, "AttachProcessesToUnit", args, 3, deadline, e) < 0)
		return err_wrap(e, "error adding pid %d to unit '%s'", pid, unit);
	return 0;
}
