/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_default.c - owns the config.json that `ocirun spec` writes: what the
 * engines' users know as the default, property for property and in the same
 * order. Pure: what it needs to know of the host is in its options.
 */
#include "config/spec_default.h"

#include "base/str.h"
#include "base/banned.h"

/* Objects and arrays are opened and closed here, so that the indentation and
 * the commas are right by construction. */
struct out {
	struct str s;
	unsigned int depth;
	bool first; /* nothing yet at this level */
};

static void next(struct out *o, const char *key)
{
	if (!o->first)
		str_addc(&o->s, ',');
	if (o->depth)
		str_addc(&o->s, '\n');
	for (unsigned int i = 0; i < o->depth; i++)
		str_addc(&o->s, '\t');
	o->first = false;
	if (key) {
		str_add_json(&o->s, key);
		str_add(&o->s, ": ");
	}
}

static void begin(struct out *o, const char *key, char bracket)
{
	next(o, key);
	str_addc(&o->s, bracket);
	o->depth++;
	o->first = true;
}

static void end(struct out *o, char bracket)
{
	o->depth--;
	str_addc(&o->s, '\n');
	for (unsigned int i = 0; i < o->depth; i++)
		str_addc(&o->s, '\t');
	str_addc(&o->s, bracket);
	o->first = false;
}

static void text(struct out *o, const char *key, const char *value)
{
	next(o, key);
	str_add_json(&o->s, value);
}

static void number(struct out *o, const char *key, uint32_t value)
{
	next(o, key);
	str_addf(&o->s, "%u", value);
}

static void boolean(struct out *o, const char *key, bool value)
{
	next(o, key);
	str_add(&o->s, value ? "true" : "false");
}

static void list(struct out *o, const char *key, const char *const *values)
{
	begin(o, key, '[');
	for (; *values; values++)
		text(o, NULL, *values);
	end(o, ']');
}

static void process(struct out *o)
{
	static const char *const args[] = { "sh", NULL };
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TERM=xterm", NULL
	};
	static const char *const caps[] = { "CAP_AUDIT_WRITE", "CAP_KILL",
					    "CAP_NET_BIND_SERVICE", NULL };

	begin(o, "process", '{');
	boolean(o, "terminal", true);
	begin(o, "user", '{');
	number(o, "uid", 0);
	number(o, "gid", 0);
	end(o, '}');
	list(o, "args", args);
	list(o, "env", env);
	text(o, "cwd", "/");
	begin(o, "capabilities", '{');
	list(o, "bounding", caps);
	list(o, "effective", caps);
	list(o, "permitted", caps);
	end(o, '}');
	begin(o, "rlimits", '[');
	begin(o, NULL, '{');
	text(o, "type", "RLIMIT_NOFILE");
	number(o, "hard", 1024);
	number(o, "soft", 1024);
	end(o, '}');
	end(o, ']');
	boolean(o, "noNewPrivileges", true);
	end(o, '}');
}

struct default_mount {
	const char *destination, *type, *source;
	const char *options[8];
};

static const struct default_mount default_mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs",
	  { "nosuid", "strictatime", "mode=755", "size=65536k", NULL } },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5",
	    NULL } },
	{ "/dev/shm", "tmpfs", "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev", NULL } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro", NULL } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro", NULL } },
};

/* sysfs cannot be mounted without a network namespace of one's own */
static const struct default_mount rootless_sys = {
	"/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro", NULL }
};

static void mount(struct out *o, const struct default_mount *m, bool rootless)
{
	const char *options[8];
	size_t n = 0;

	if (rootless && streq(m->destination, "/sys"))
		m = &rootless_sys;
	for (size_t i = 0; m->options[i]; i++)
		/* only one id is mapped: the others cannot own anything */
		if (!rootless || (!str_starts(m->options[i], "gid=") &&
				  !str_starts(m->options[i], "uid=")))
			options[n++] = m->options[i];
	options[n] = NULL;
	begin(o, NULL, '{');
	text(o, "destination", m->destination);
	text(o, "type", m->type);
	text(o, "source", m->source);
	if (n)
		list(o, "options", options);
	end(o, '}');
}

static void id_map(struct out *o, const char *key, uint32_t host_id)
{
	begin(o, key, '[');
	begin(o, NULL, '{');
	number(o, "containerID", 0);
	number(o, "hostID", host_id);
	number(o, "size", 1);
	end(o, '}');
	end(o, ']');
}

static void namespaces(struct out *o, const struct spec_default_opts *opts)
{
	const struct { const char *name; bool wanted; } all[] = {
		{ "pid", true },   { "network", !opts->rootless },
		{ "ipc", true },   { "uts", true },
		{ "mount", true }, { "cgroup", opts->cgroup_ns },
		{ "user", opts->rootless },
	};

	begin(o, "namespaces", '[');
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].wanted)
			continue;
		begin(o, NULL, '{');
		text(o, "type", all[i].name);
		end(o, '}');
	}
	end(o, ']');
}

static void linux_part(struct out *o, const struct spec_default_opts *opts)
{
	static const char *const masked[] = {
		"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
		"/proc/sched_debug", "/sys/firmware", "/proc/scsi", NULL
	};
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq",
						"/proc/sys", "/proc/sysrq-trigger",
						NULL };

	begin(o, "linux", '{');
	if (opts->rootless) {
		id_map(o, "uidMappings", opts->euid);
		id_map(o, "gidMappings", opts->egid);
	} else {
		begin(o, "resources", '{');
		begin(o, "devices", '[');
		begin(o, NULL, '{');
		boolean(o, "allow", false);
		text(o, "access", "rwm");
		end(o, '}');
		end(o, ']');
		end(o, '}');
	}
	namespaces(o, opts);
	list(o, "maskedPaths", masked);
	list(o, "readonlyPaths", readonly);
	end(o, '}');
}

char *spec_default_json(const struct spec_default_opts *opts)
{
	struct out o = { .first = true };

	begin(&o, NULL, '{');
	text(&o, "ociVersion", "1.3.0");
	process(&o);
	begin(&o, "root", '{');
	text(&o, "path", "rootfs");
	boolean(&o, "readonly", true);
	end(&o, '}');
	text(&o, "hostname", opts->hostname ? opts->hostname : "ocirun");
	begin(&o, "mounts", '[');
	for (size_t i = 0; i < sizeof(default_mounts) / sizeof(default_mounts[0]); i++)
		mount(&o, &default_mounts[i], opts->rootless);
	end(&o, ']');
	linux_part(&o, opts);
	end(&o, '}');
	return str_take(&o.s);
}
