/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session keyring of the container: joined by name, so that `exec` shares it
 * with init, and never the caller's. keyctl(2), session-keyring(7), keyrings(7).
 * A kernel without keyrings (ENOSYS) has nothing to separate: that is fine;
 * every other failure is an error, since the caller's keyring would leak in.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/sys.h"
#include "init/steps_fs.h"

#include "base/banned.h"

#define KEYCREATE "self/attr/keycreate"

/* The word with this index in `line`, copied; "" if there is none. */
static void line_word(const char *line, int index, char *buf, size_t size)
{
	size_t n = 0;

	for (;; index--) {
		line += strspn(line, " \t:");
		n = strcspn(line, " \t:\n");
		if (index == 0 || n == 0)
			break;
		line += n;
	}
	(void)snprintf(buf, size, "%.*s", (int)n, line);
}

/*
 * How full the quota of `uid` is, "200/200", from /proc/key-users (keyrings(7)).
 * Only words a hint, so whatever /proc this is may answer; regular files only.
 */
static bool key_quota(uint32_t uid, char *buf, size_t size)
{
	AUTO(str) char *text = NULL;
	AUTO(fd) int fd = -1;
	struct stat st;
	char word[24];

	fd = open("/proc/key-users", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fd_read_all(fd, 256U << 10, &text, NULL) < 0)
		return false;
	for (const char *line = text; line && *line;) {
		uint32_t owner;

		line_word(line, 0, word, sizeof(word));
		if (parse_u32(word, &owner) == 0 && owner == uid) {
			line_word(line, 3, buf, size);
			return buf[0] != '\0';
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return false;
}

static int join_error(struct err *e, int code, const char *name)
{
	uint32_t uid = geteuid();
	char quota[24];

	(void)err_errno(e, code, "unable to join session keyring '%s'", name);
	if (code == EDQUOT)
		return err_hint(e, "keyring quota of uid %u exhausted%s%s: raise "
				   "kernel.keys.%smaxkeys or use "
				   "--no-new-keyring", uid,
				key_quota(uid, quota, sizeof(quota)) ? " " : "",
				key_quota(uid, quota, sizeof(quota)) ? quota : "",
				uid == 0 ? "root_" : "");
	if (code == EPERM || code == EACCES)
		return err_hint(e, "the keyring belongs to another container or "
				   "an outer seccomp profile forbids keyctl: "
				   "try --no-new-keyring");
	return -code;
}

/* "keyring;uid;gid;3f1b0000;name": the permissions in hexadecimal. */
static int described_perm(const char *text, uint32_t *ret)
{
	uint32_t v = 0;
	int n = 0;

	for (int field = 0; field < 3; field++) {
		text = strchr(text, ';');
		if (!text)
			return -EPROTO;
		text++;
	}
	for (; *text && *text != ';'; text++, n++) {
		char c = *text;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return -EPROTO;
	}
	if (n == 0 || n > 8)
		return -EPROTO;
	*ret = v;
	return 0;
}

/* Let the container's processes find keys in it: or in the bits asked for. */
static int widen(unsigned long key, uint32_t perm_or, struct err *e)
{
	char text[512];
	uint32_t perm;
	long r;

	r = sys_keyctl(KEYCTL_DESCRIBE, key, (unsigned long)text,
		       sizeof(text) - 1, 0);
	if (r < 0)
		return err_errno(e, (int)-r, "cannot describe the session keyring");
	text[r < (long)sizeof(text) ? (size_t)r : sizeof(text) - 1] = '\0';
	if (described_perm(text, &perm) < 0)
		return err_set(e, EPROTO, "cannot understand the description "
					  "'%s' of the session keyring", text);
	if ((perm | perm_or) == perm)
		return 0;
	r = sys_keyctl(KEYCTL_SETPERM, key, perm | perm_or, 0, 0);
	if (r < 0)
		return err_errno(e, (int)-r, "cannot change the permissions of "
					     "the session keyring");
	return 0;
}

/* The label of keys made from now on; NULL = the default again. */
static int key_label(struct init *in, const char *label, struct err *e)
{
	int r = init_proc_write(in, KEYCREATE, label ? label : "\n");

	if (r < 0)
		return err_errno(e, -r, "cannot set the key creation label '%s'",
				 label ? label : "");
	return 0;
}

int step_keyring(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_keyring *a = &u->keyring;
	bool labelled = a->label && a->label[0];
	int r = 0;
	long key;

	if (labelled && key_label(in, a->label, e) < 0)
		return selinux_error(e, -e->code);
	key = sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)a->name, 0,
			 0, 0);
	if (labelled)
		r = key_label(in, NULL, e);
	if (r < 0)
		return r;
	if (key == -ENOSYS)
		return 0;
	if (key < 0)
		return join_error(e, (int)-key, a->name);
	return a->perm_or ? widen((unsigned long)key, a->perm_or, e) : 0;
}
