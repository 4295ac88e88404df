/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that take effect at execve(2): the AppArmor profile and the SELinux
 * context. Written through the trusted procfs only (I4): a container that could
 * put something else at /proc/self/attr would run unconfined (CVE-2019-19921,
 * CVE-2025-52881). A label that the host cannot apply is an error, never
 * ignored.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "init/steps_fs.h"

#include "base/banned.h"

#define ATTR_APPARMOR "self/attr/apparmor/exec"
#define ATTR_EXEC     "self/attr/exec"

/* Each profile of a stack "a//&b" is in text; the kernel sorts them its way. */
static bool has_profiles(const char *text, const char *stack)
{
	static const char sep[] = "//&";

	while (*stack) {
		const char *end = strstr(stack, sep);
		size_t n = end ? (size_t)(end - stack) : strlen(stack);
		AUTO(str) char *one = xstrndup(stack, n);

		if (!strstr(text, one))
			return false;
		stack += n + (end ? sizeof(sep) - 1 : 0);
	}
	return true;
}

/*
 * True if `attr` now holds the label that was written. The kernel adds modes to
 * AppArmor profiles. It may word an SELinux context another way (aliases of
 * types, the order of categories), so for one NULL is passed: an empty attribute
 * after a write that was accepted is a label that got lost.
 */
static bool took_effect(struct init *in, const char *attr, const char *profile)
{
	AUTO(str) char *text = NULL;
	AUTO(fd) int fd = -1;
	size_t len = 0;

	fd = init_proc_open(in, attr, O_RDONLY);
	if (fd < 0 || fd_read_all(fd, 64U << 10, &text, &len) < 0)
		return false;
	if (profile)
		return has_profiles(text, profile);
	return len > 0 && text[0] != '\0' && text[0] != '\n';
}

static int proc_exists(struct init *in, const char *path)
{
	AUTO(fd) int fd = init_proc_open(in, path, O_PATH);

	return fd < 0 ? fd : 0;
}

static int apparmor_error(struct err *e, int code, const char *profile)
{
	(void)err_errno(e, code, "apparmor failed to apply profile '%s'",
			profile);
	(void)err_at(e, "/process/apparmorProfile");
	switch (code) {
	case ENOENT:
		return err_hint(e, "AppArmor profile \"%s\" is not loaded: "
				   "apparmor_parser(8) loads it, aa-status(8) "
				   "lists the loaded ones", profile);
	case EINVAL:
	case ENODEV:
	case EOPNOTSUPP:
		return err_hint(e, "AppArmor is not enabled on this host");
	case EACCES:
	case EPERM:
		return err_hint(e, "the profile that confines the runtime does "
				   "not allow the change");
	default:
		return -code;
	}
}

int step_apparmor(struct init *in, const union step_arg *u, struct err *e)
{
	const char *profile = u->path.text;
	const char *attr = ATTR_APPARMOR;
	char text[1024];
	int n, r;

	n = snprintf(text, sizeof(text), "exec %s", profile);
	if (n < 0 || (size_t)n >= sizeof(text))
		return apparmor_error(e, ENAMETOOLONG, profile);

	/* the module's own file where modules can be stacked */
	r = proc_exists(in, attr);
	if (r == -ENOENT) {
		attr = ATTR_EXEC;
		r = proc_exists(in, attr);
		if (r == -ENOENT)
			r = -ENODEV; /* no security module, not no profile */
	}
	if (r == 0)
		r = init_proc_write(in, attr, text);
	if (r < 0)
		return apparmor_error(e, -r, profile);
	if (!took_effect(in, attr, profile)) {
		(void)err_set(e, EIO, "apparmor failed to apply profile '%s': "
				      "the kernel accepted it, but has another "
				      "or none now",
			      profile);
		return err_at(e, "/process/apparmorProfile");
	}
	return 0;
}

int selinux_error(struct err *e, int r)
{
	(void)err_at(e, "/process/selinuxLabel");
	if (r == -EINVAL)
		return err_hint(e, "selinux label is specified in config, but "
				   "selinux is disabled or not supported, or the "
				   "policy does not know the label");
	if (r == -ENOENT)
		return err_hint(e, "selinux label is specified in config, but "
				   "selinux is disabled or not supported");
	if (r == -EACCES || r == -EPERM)
		return err_hint(e, "the policy does not let the runtime change "
				   "to this label");
	return r;
}

int step_selinux(struct init *in, const union step_arg *u, struct err *e)
{
	const char *label = u->path.text;
	int r = init_proc_write(in, ATTR_EXEC, label);

	if (r == 0 && took_effect(in, ATTR_EXEC, NULL)) {
		in->label = label;
		return 0;
	}
	if (r == 0)
		r = -EIO;
	(void)err_errno(e, -r, "cannot set the SELinux label '%s'", label);
	return selinux_error(e, r);
}
