/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials: no_new_privs, ids, groups, the five capability sets, umask, the
 * owner of stdio, and the working directory (which belongs here because it is
 * entered twice, before and after the ids change).
 *
 * The process stays non-dumpable from IDS to execve(2), so that nobody in the
 * container can ptrace it or look through its /proc entries while it still holds
 * host descriptors. The working directory is proven to be below the root (I3).
 * Sources: capabilities(7), credentials(7), PR_SET_KEEPCAPS(2const).
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "init/steps_fs.h"

#include "base/banned.h"

#define CAP_BITS 64U

int step_umask(struct init *in, const union step_arg *u, struct err *e)
{
	(void)in;
	(void)e;
	(void)umask((mode_t)u->umask.mask & 0777);
	return 0;
}

int step_no_new_privs(struct init *in, const union step_arg *u, struct err *e)
{
	(void)in;
	(void)u;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return 0;
	(void)err_errno(e, errno, "cannot set no_new_privs");
	return err_at(e, "/process/noNewPrivileges");
}

/* ---- capabilities ------------------------------------------------------ */

const char *cap_text(unsigned int cap, char *buf, size_t size)
{
	static const char *const names[] = {
		"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL",
		"SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
		"NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
		"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
		"SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
		"SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
		"SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
		"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
	};

	if (cap < sizeof(names) / sizeof(*names))
		(void)snprintf(buf, size, "CAP_%s", names[cap]);
	else
		(void)snprintf(buf, size, "%u", cap);
	return buf;
}

const char *caps_names(uint64_t set, char *buf, size_t size)
{
	size_t len = 0;
	char name[40];

	buf[0] = '\0';
	for (unsigned int cap = 0; cap < CAP_BITS && len < size; cap++) {
		int n;

		if (!(set >> cap & 1))
			continue;
		n = snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
			     cap_text(cap, name, sizeof(name)));
		if (n < 0)
			break;
		len += (size_t)n;
	}
	return buf;
}

struct cap_sets { uint64_t effective, permitted, inheritable; };

/* The raw calls: libcap's own objects would be one allocation per set. */
static int sets_get(struct cap_sets *ret)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (syscall(SYS_capget, &head, d) < 0)
		return -errno;
	ret->effective = (uint64_t)d[1].effective << 32 | d[0].effective;
	ret->permitted = (uint64_t)d[1].permitted << 32 | d[0].permitted;
	ret->inheritable = (uint64_t)d[1].inheritable << 32 | d[0].inheritable;
	return 0;
}

static int sets_put(const struct cap_sets *s)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)s->effective, (uint32_t)s->permitted,
		  (uint32_t)s->inheritable },
		{ (uint32_t)(s->effective >> 32), (uint32_t)(s->permitted >> 32),
		  (uint32_t)(s->inheritable >> 32) },
	};

	return syscall(SYS_capset, &head, d) < 0 ? -errno : 0;
}

/* The capabilities that exist: those whose state in the bounding set is known. */
static uint64_t caps_known(uint64_t *ret_bounding)
{
	uint64_t known = 0;

	*ret_bounding = 0;
	for (unsigned int cap = 0; cap < CAP_BITS; cap++) {
		int r = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (r < 0)
			break; /* EINVAL: beyond the last one of this kernel */
		known |= 1ULL << cap;
		if (r > 0)
			*ret_bounding |= 1ULL << cap;
	}
	return known;
}

/*
 * The caller's securebits would come with us, and with "noroot" execve(2) gives root
 * none of the capabilities that the config has. The others change nothing here.
 */
static int plain_root(struct err *e)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	/* each lock is the bit above what it locks */
	int locks = bits > 0 ? bits & SECURE_ALL_LOCKS : 0;
	int locked = locks | (bits & (locks >> 1));

	if (bits <= 0 || !(bits & SECBIT_NOROOT))
		return 0;
	if (prctl(PR_SET_SECUREBITS, locked, 0, 0, 0) == 0 && !(locked & SECBIT_NOROOT))
		return 0;
	(void)err_errno(e, EPERM, "cannot clear the securebits %#x of the runtime",
			(unsigned int)bits);
	(void)err_hint(e, "they are locked, and root has no capabilities with them: see "
		       "who starts the runtime (SecureBits= of a unit)");
	return err_at(e, "/process/capabilities");
}

int step_bounding(struct init *in, const union step_arg *u, struct err *e)
{
	char name[40];

	(void)in;
	if (!u->caps.set)
		return 0;
	if (plain_root(e) < 0)
		return -e->code;
	for (unsigned int cap = 0; cap < CAP_BITS; cap++) {
		if (u->caps.bounding >> cap & 1 ||
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL) /* beyond the last one of this kernel */
			break;
		/* who may drop none may still have none to drop */
		int code = errno;

		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 0)
			continue;
		errno = code;
		(void)err_errno(e, errno, "cannot drop %s from the bounding set",
				cap_text(cap, name, sizeof(name)));
		(void)err_at(e, "/process/capabilities/bounding");
		return err_hint(e, "dropping needs CAP_SETPCAP, which the runtime "
				   "does not have here");
	}
	return 0;
}

/* capset(2) says only EPERM: find out what it objects to. */
static int caps_error(struct err *e, int code, const struct cap_sets *want)
{
	struct cap_sets have = { 0, 0, 0 };
	uint64_t bounding, known = caps_known(&bounding);
	uint64_t missing, extra;
	char names[300];

	(void)err_errno(e, code, "cannot set the capabilities");
	if (sets_get(&have) < 0)
		return -code;
	missing = want->permitted & ~have.permitted & known;
	if (missing) {
		(void)err_at(e, "/process/capabilities/permitted");
		return err_hint(e, "the runtime itself does not have %s",
				caps_names(missing, names, sizeof(names)));
	}
	extra = want->effective & ~want->permitted & known;
	if (extra) {
		(void)err_at(e, "/process/capabilities/effective");
		return err_hint(e, "effective has %s, permitted has not",
				caps_names(extra, names, sizeof(names)));
	}
	extra = want->inheritable & known &
		~((have.inheritable | have.permitted) &
		  (have.inheritable | bounding));
	if (extra) {
		(void)err_at(e, "/process/capabilities/inheritable");
		return err_hint(e, "inheritable has %s, which is not in the "
				   "bounding set or which the runtime does not "
				   "have", caps_names(extra, names, sizeof(names)));
	}
	return err_at(e, "/process/capabilities");
}

static int raise_ambient(uint64_t ambient, struct err *e)
{
	char name[40];

	/* EINVAL: a kernel without ambient capabilities has none to clear */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    errno != EINVAL) {
		(void)err_errno(e, errno, "cannot clear the ambient capabilities");
		return err_at(e, "/process/capabilities/ambient");
	}
	for (unsigned int cap = 0; cap < CAP_BITS; cap++) {
		if (!(ambient >> cap & 1))
			continue;
		/* Less than asked for is safe, and what every peer does: warn. */
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) {
			int code = errno;

			log_warn("can't raise ambient capability %s: %s",
				 cap_text(cap, name, sizeof(name)),
				 errno_text(code));
		}
	}
	return 0;
}

int step_caps(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_caps *a = &u->caps;
	const struct cap_sets want = {
		.effective = a->effective,
		.permitted = a->permitted,
		.inheritable = a->inheritable,
	};
	int r;

	(void)in;
	/* IDS set it; from here a change of ids would drop again as usual */
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return err_errno(e, errno, "cannot clear keep-caps");
	if (!a->set)
		return 0;
	r = sets_put(&want);
	if (r < 0)
		return caps_error(e, -r, &want);
	return raise_ambient(a->ambient, e);
}

/* ---- ids --------------------------------------------------------------- */

static bool is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 &&
	       minor(st->st_rdev) == 3;
}

/*
 * The user only: a terminal's group (tty) has its own meaning. Not /dev/null,
 * which may be the host's.
 */
int step_stdio_owner(struct init *in, const union step_arg *u, struct err *e)
{
	uid_t uid = u->ids.uid;

	(void)in;
	for (int fd = 0; fd <= 2; fd++) {
		struct stat st;

		if (fstat(fd, &st) < 0 || st.st_uid == uid || is_dev_null(&st))
			continue;
		if (fchown(fd, uid, (gid_t)-1) == 0)
			continue;
		/*
		 * EPERM, EINVAL: the owner or the new one is not mapped in our
		 * user namespace; EROFS: a read-only mount. What is left is what
		 * the caller gave us, and it stays usable.
		 */
		if (errno == EPERM || errno == EROFS || errno == EINVAL)
			continue;
		(void)err_errno(e, errno, "cannot give descriptor %d to uid %u",
				fd, uid);
		return err_at(e, "/process/user/uid");
	}
	return 0;
}

/* True if this user namespace was made with setgroups "deny". */
static bool setgroups_denied(struct init *in)
{
	AUTO(str) char *text = NULL;
	AUTO(fd) int fd = init_proc_open(in, "self/setgroups", O_RDONLY);

	if (fd < 0 || fd_read_all(fd, 16, &text, NULL) < 0)
		return false;
	return str_starts(text, "deny");
}

static int set_groups(struct init *in, const struct arg_ids *a, struct err *e)
{
	int code;

	if (!a->set_groups || setgroups(a->n_groups, a->groups) == 0)
		return 0;
	code = errno;
	if (code == EPERM && setgroups_denied(in)) {
		/* nothing to add, and the kernel lets nobody take any away */
		if (a->n_groups == 0)
			return 0;
		(void)err_errno(e, code, "cannot set additional groups");
		(void)err_hint(e, "setgroups is denied in this user namespace: "
				  "a rootless container needs more than one "
				  "mapped gid (newgidmap) for them");
	} else if (code == EINVAL) {
		(void)err_errno(e, code, "cannot set additional groups");
		(void)err_hint(e, "one of the %zu gids is not mapped in the user "
				  "namespace, or there are too many",
			       a->n_groups);
	} else {
		(void)err_errno(e, code, "cannot set additional groups");
	}
	return err_at(e, "/process/user/additionalGids");
}

static int id_error(struct err *e, int code, char kind, uint32_t id)
{
	if (code == EINVAL)
		(void)err_set(e, code, "cannot set%cid to unmapped %cid %u in "
				       "user namespace", kind, kind, id);
	else
		(void)err_errno(e, code, "cannot set%cid to %u", kind, id);
	if (code == EPERM)
		(void)err_hint(e, "it needs CAP_SET%cID, which the runtime does "
				  "not have here", kind == 'u' ? 'U' : 'G');
	if (code == EAGAIN)
		(void)err_hint(e, "RLIMIT_NPROC of uid %u is reached", id);
	return err_at(e, "/process/user/%cid", kind);
}

int step_ids(struct init *in, const union step_arg *u, struct err *e)
{
	const struct arg_ids *a = &u->ids;
	int r;

	/* Leaving uid 0 would empty the permitted set, which CAPS needs. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_errno(e, errno, "cannot keep the capabilities");
	r = set_groups(in, a, e);
	if (r < 0)
		return r;
	if (setresgid(a->gid, a->gid, a->gid) < 0)
		return id_error(e, errno, 'g', a->gid);
	if (setresuid(a->uid, a->uid, a->uid) < 0)
		return id_error(e, errno, 'u', a->uid);
	bool closed = PROTECTED(DUMPABLE) && !in->dumpable;

	/* what a change of ids does to this flag depends on fs.suid_dumpable */
	if (prctl(PR_SET_DUMPABLE, closed ? 0 : 1, 0, 0, 0) < 0)
		return err_errno(e, errno, "cannot set the dumpable flag");
	return 0;
}

/* ---- working directory ------------------------------------------------- */

static int cwd_error(struct err *e, int code, const char *cwd)
{
	(void)err_errno(e, code, "cannot change to the working directory '%s'",
			cwd);
	(void)err_at(e, "/process/cwd");
	if (code == ENOENT)
		return err_hint(e, "it does not exist in the container");
	if (code == EACCES)
		return err_hint(e, "uid %u may not enter it or one of its parents",
				geteuid());
	return -code;
}

static int breakout(struct err *e, const char *cwd)
{
	struct stat root;

	/* what is deleted has no name; nothing leads out of it either */
	if (stat("/", &root) == 0 && root.st_nlink == 0) {
		(void)err_errno(e, ENOENT, "the container's root file system was deleted");
		return err_hint(e, "the working directory '%s' has no name any more; delete the container",
				cwd);
	}
	(void)err_set(e, EPERM, "current working directory is outside of "
				"container mount namespace root -- possible "
				"container breakout detected");
	(void)err_hint(e, "process.cwd is '%s'", cwd);
	return err_at(e, "/process/cwd");
}

/*
 * CVE-2024-21626: a cwd such as /proc/self/fd/7 leads out through a descriptor.
 * The kernel prefixes the name of a directory that cannot be reached from our
 * root; the C library hides that, therefore the system call. Second opinion:
 * the name, resolved from the root, is the very directory we are in.
 */
static int cwd_check(const char *cwd, struct err *e)
{
	AUTO(fd) int rootfd = -1;
	AUTO(fd) int fd = -1;
	char name[PATH_MAX];
	struct stat here, named;

	if (!PROTECTED(CWD_CHECK))
		return 0;
	if (syscall(SYS_getcwd, name, sizeof(name)) < 0)
		return errno == ENOENT ? breakout(e, cwd)
				       : cwd_error(e, errno, cwd);
	if (name[0] != '/')
		return breakout(e, cwd);

	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rootfd < 0)
		return err_errno(e, errno, "cannot open '/'");
	fd = root_open(rootfd, name, O_PATH | O_DIRECTORY, 0);
	if (fd == -EACCES)
		return 0; /* entered as root through parents closed to the user */
	if (fd < 0)
		return breakout(e, cwd);
	/* not ".": that would need search permission in the cwd itself */
	if (fstatat(AT_FDCWD, "", &here, AT_EMPTY_PATH) < 0 ||
	    fstat(fd, &named) < 0)
		return cwd_error(e, errno, cwd);
	if (here.st_dev != named.st_dev || here.st_ino != named.st_ino)
		return breakout(e, cwd);
	return 0;
}

int step_chdir(struct init *in, const union step_arg *u, struct err *e)
{
	const char *cwd = u->path.text;

	if (chdir(cwd) == 0) {
		in->cwd_checked = true;
		return cwd_check(cwd, e);
	}
	if (errno != EACCES)
		return cwd_error(e, errno, cwd);
	/* root is no superuser on NFS and the like; the user may be welcome */
	in->cwd_pending = true;
	return 0;
}

int step_chdir_user(struct init *in, const union step_arg *u, struct err *e)
{
	const char *cwd = u->path.text;

	if (in->cwd_pending && chdir(cwd) < 0)
		return cwd_error(e, errno, cwd);
	in->cwd_pending = false;
	return in->cwd_checked ? 0 : cwd_check(cwd, e);
}
