/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux.sysctl: one write each, through the trusted procfs (I4) and before
 * readonlyPaths cover /proc/sys. Which keys are namespaced is checked with the
 * config, not here.
 */
#include "config.h"
#include "init/steps_fs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"

#include "base/banned.h"

/* "net/ipv4/conf/eth0.1/x" as sysctl(8) writes it: "net.ipv4.conf.eth0/1.x". */
static char *dotted(const char *path)
{
	char *key = xstrdup(path);

	for (char *p = key; *p; p++) {
		if (*p == '/')
			*p = '.';
		else if (*p == '.')
			*p = '/';
	}
	return key;
}

/* RFC 6901: '~' is "~0", '/' is "~1". */
static void point_at(struct err *e, const char *key)
{
	AUTO(strbuf) struct str s = { 0 };

	for (; *key; key++) {
		if (*key == '~')
			str_add(&s, "~0");
		else if (*key == '/')
			str_add(&s, "~1");
		else
			str_addc(&s, *key);
	}
	(void)err_at(e, "/linux/sysctl/%s", str_text(&s));
}

static void explain(int code, const char *value, struct err *e)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		(void)err_hint(e, "no such sysctl on this kernel, or not in a "
			       "namespace of this kind");
		break;
	case EACCES:
	case EPERM:
		(void)err_hint(e, "the kernel does not let this user namespace "
			       "change it, or it is read-only");
		break;
	case EROFS:
		(void)err_hint(e, "the only procfs that the runtime can reach is "
			       "read-only");
		break;
	case EINVAL:
	case ERANGE:
		(void)err_hint(e, "the kernel does not accept the value '%s'", value);
		break;
	default:
		break;
	}
}

int step_sysctl(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_sysctl *a = &u->sysctl;
	AUTO(str) char *path = xasprintf("sys/%s", a->key);
	AUTO(str) char *key = NULL;
	int r = init_proc_write(in, path, a->value);

	if (r >= 0)
		return 0;
	key = dotted(a->key);
	(void)err_errno(e, -r, "cannot set sysctl '%s' to '%s'", key, a->value);
	explain(-r, a->value, e);
	point_at(e, key);
	return r;
}
