/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials and attributes, each step in a child of its own: what the step
 * leaves behind is read back from the kernel. What needs root is skipped loudly
 * without it.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "tests/tap.h"

#define BIT(cap) (1ULL << (cap))

/* What a child reports: results of steps, an error, and facts. */
struct report {
	int r;
	struct err e;
	uint64_t fact[6];
	char text[512];
};
static struct report *report; /* shared with the children */

static struct init new_init(void)
{
	struct init in = { .rootfd = -1, .procfd = -1, .nullfd = -1, .targetfd = -1, .homefd = -1,
			   .maskfd = -1, .fifofd = -1 };

	in.chan.fd = -1;
	return in;
}

/* Run fn in a child; true if it came back. */
static bool in_child(void (*fn)(void))
{
	int status = 0;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("cannot fork");
	if (pid == 0) {
		fn();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		bail("cannot wait");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void run(step_fn fn, union step_arg u)
{
	struct init in = new_init();

	if (report->r == 0)
		report->r = fn(&in, &u, &report->e);
}

static void catch_log(enum log_level level, const char *text, void *arg)
{
	(void)level;
	(void)arg;
	(void)snprintf(report->text, sizeof(report->text), "%s", text);
}

/* A hexadecimal "Cap…:" line or a decimal one of /proc/self/status. */
static uint64_t status_value(const char *key, int base)
{
	char line[256];
	uint64_t v = UINT64_MAX;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f)) {
		size_t n = strlen(key);

		if (strncmp(line, key, n) != 0)
			continue;
		v = 0;
		for (const char *p = line + n + 2; *p && *p != '\n'; p++)
			v = v * (uint64_t)base +
			    (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	}
	if (f)
		(void)fclose(f);
	return v;
}

/* ---- pure ----------------------------------------------------------------- */

static void test_names(void)
{
	char buf[300], small[12];
	unsigned int cap = 0;

	/* those that this machine's libcap has a name for as well */
	for (; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name((cap_value_t)cap);
		bool same = name && (*name != 'c' ||
			    strcasecmp(name, cap_text(cap, buf, sizeof(buf))) == 0);

		(void)cap_free(name);
		if (!same)
			break;
	}
	is_int(cap, CAP_LAST_CAP + 1, "every name is libcap's");
	is_str(cap_text(CAP_LAST_CAP, buf, sizeof(buf)), "CAP_CHECKPOINT_RESTORE",
	       "the last one");
	is_str(caps_names(0, buf, sizeof(buf)), "", "no capability");
	is_str(caps_names(BIT(CAP_CHOWN) | BIT(CAP_NET_RAW), buf, sizeof(buf)),
	       "CAP_CHOWN, CAP_NET_RAW", "two capabilities");
	is_str(caps_names(BIT(CAP_CHOWN) | BIT(CAP_NET_RAW), small,
			  sizeof(small)), "CAP_CHOWN, ", "cut, but terminated");
	is_str(caps_names(BIT(63), buf, sizeof(buf)), "63", "an unknown one");
}

static void test_nodes(void)
{
	static const struct { const char *list; int r; unsigned long w; } rows[] = {
		{ "0", 0, 1 }, { "0-3,7", 0, 0x8f }, { "1,1", 0, 2 },
		{ "2-2", 0, 4 }, { "", -EINVAL, 0 }, { "a", -EINVAL, 0 },
		{ "1-", -EINVAL, 0 }, { "3-1", -EINVAL, 0 }, { "1,", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 }, { "-1", -EINVAL, 0 },
		{ "4096", -ERANGE, 0 }, { "0-99999999999", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned long mask[2];

		is_int(attrs_parse_nodes(rows[i].list, mask, 2), rows[i].r,
		       "node list '%s'", rows[i].list);
		if (rows[i].r == 0)
			is_int(mask[0], rows[i].w, "... mask");
	}
}

/* ---- without privileges --------------------------------------------------- */

static void child_plain(void)
{
	run(step_umask, (union step_arg){ .umask = { 0137 } });
	report->fact[0] = umask(0);
	run(step_no_new_privs, (union step_arg){ 0 });
	report->fact[1] = (uint64_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	run(step_session, (union step_arg){ 0 });
	report->fact[2] = getsid(0) == getpid();
	run(step_session, (union step_arg){ 0 });
	run(step_io_priority, (union step_arg){ .io_priority = { 2, 6 } });
	report->fact[3] = (uint64_t)syscall(SYS_ioprio_get, 1, 0);
	run(step_scheduler, (union step_arg){
		.scheduler = { .policy = SCHED_BATCH, .nice = 5 } });
	report->fact[4] = (uint64_t)syscall(SYS_sched_getscheduler, 0);
	run(step_personality, (union step_arg){ .personality = { 0 } });
}

static void child_cwd_missing(void)
{
	run(step_chdir, (union step_arg){ .path = { "/no/such/dir" } });
}

static void child_cwd_good(void)
{
	run(step_chdir, (union step_arg){ .path = { "/usr" } });
	run(step_chdir_user, (union step_arg){ .path = { "/usr" } });
}

static void test_plain(void)
{
	ok(in_child(child_plain), "attributes that need no privilege");
	is_int(report->r, 0, "... are set: %s", report->e.msg);
	is_int(report->fact[0], 0137, "umask");
	is_int(report->fact[1], 1, "no_new_privs");
	is_int(report->fact[2], 1, "session leader");
	is_int(report->fact[3], 2 << 13 | 6, "i/o priority");
	is_int(report->fact[4], SCHED_BATCH, "scheduler");

	ok(in_child(child_cwd_missing), "a missing cwd");
	is_int(report->r, -ENOENT, "... fails");
	is_str(report->e.msg, "cannot change to the working directory "
	       "'/no/such/dir': no such file or directory", "... says so");
	is_str(report->e.pointer, "/process/cwd", "... and where");
	ok(in_child(child_cwd_good), "a good cwd");
	is_int(report->r, 0, "... passes: %s", report->e.msg);
}

/* ---- as root -------------------------------------------------------------- */

static void child_breakout(void)
{
	int out = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (out < 0 || chroot("/usr") < 0 || fchdir(out) < 0)
		_exit(1);
	run(step_chdir_user, (union step_arg){ .path = { "/proc/self/fd/7" } });
}

static void child_ids(void)
{
	uint32_t groups[] = { 10, 20 };
	gid_t got[4] = { 0 };

	run(step_ids, (union step_arg){ .ids = {
		.uid = 1234, .gid = 4321, .groups = groups, .n_groups = 2,
		.set_groups = true } });
	report->fact[0] = getuid();
	report->fact[1] = getegid();
	report->fact[2] = (uint64_t)getgroups(4, got);
	report->fact[3] = got[0] + got[1];
	report->fact[4] = (uint64_t)prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	report->fact[5] = (uint64_t)prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);
}

static void child_caps(void)
{
	struct arg_caps caps = {
		.set = true,
		.bounding = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETUID),
		.permitted = BIT(CAP_CHOWN) | BIT(CAP_KILL),
		.effective = BIT(CAP_KILL),
		.inheritable = BIT(CAP_KILL),
		.ambient = BIT(CAP_KILL) | BIT(CAP_CHOWN),
	};
	const struct log_config log = { .level = LOGL_INFO, .fd = -1 };

	log_setup(&log);
	log_redirect(catch_log, NULL);
	run(step_bounding, (union step_arg){ .caps = caps });
	run(step_ids, (union step_arg){ .ids = { .uid = 1000, .gid = 1000,
						 .set_groups = true } });
	run(step_caps, (union step_arg){ .caps = caps });
	report->fact[0] = status_value("CapBnd", 16);
	report->fact[1] = status_value("CapPrm", 16);
	report->fact[2] = status_value("CapEff", 16);
	report->fact[3] = status_value("CapInh", 16);
	report->fact[4] = status_value("CapAmb", 16);
	report->fact[5] = (uint64_t)prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0);
}

static void child_caps_lacking(void)
{
	const struct arg_caps few = { .set = true, .permitted = BIT(CAP_KILL) };
	const struct arg_caps more = {
		.set = true, .permitted = BIT(CAP_KILL) | BIT(CAP_CHOWN) };

	run(step_caps, (union step_arg){ .caps = few });
	run(step_caps, (union step_arg){ .caps = more });
}

static void child_bounding_lacking(void)
{
	const struct arg_caps none = { .set = true };

	run(step_caps, (union step_arg){ .caps = none });
	run(step_bounding, (union step_arg){ .caps = none });
}

static void child_stdio(void)
{
	struct stat st;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0 || dup2(p[1], 1) < 0 ||
	    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) < 0)
		_exit(1);
	run(step_stdio_owner, (union step_arg){ .ids = { .uid = 1234,
							 .gid = 4321 } });
	if (fstat(1, &st) < 0)
		_exit(1);
	report->fact[0] = st.st_uid;
	report->fact[1] = st.st_gid;
	if (fstat(0, &st) < 0)
		_exit(1);
	report->fact[2] = st.st_uid;
}

static void child_names(void)
{
	struct utsname u;

	if (unshare(CLONE_NEWUTS) < 0)
		_exit(1);
	run(step_hostname, (union step_arg){ .path = { "box" } });
	run(step_domainname, (union step_arg){ .path = { "example.org" } });
	if (uname(&u) < 0)
		_exit(1);
	(void)snprintf(report->text, sizeof(report->text), "%.60s %.60s",
		       u.nodename, u.domainname);
}

static void child_long_name(void)
{
	static const char name[] = "0123456789012345678901234567890123456789"
				   "0123456789012345678901234567890123456789";

	if (unshare(CLONE_NEWUTS) < 0)
		_exit(1);
	run(step_hostname, (union step_arg){ .path = { name } });
}

static void child_unmapped(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(1);
	run(step_ids, (union step_arg){ .ids = { .uid = 7, .gid = 7 } });
}

static void child_loopback(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		_exit(1);
	run(step_loopback, (union step_arg){ 0 });
	run(step_loopback, (union step_arg){ 0 });
}

static void child_cwd_user(void)
{
	char dir[] = "/tmp/ocirun-creds-XXXXXX";

	/* entered as root through a parent that is closed to the user */
	if (!mkdtemp(dir) || chmod(dir, 0700) < 0)
		_exit(1);
	run(step_chdir, (union step_arg){ .path = { dir } });
	run(step_ids, (union step_arg){ .ids = { .uid = 1000, .gid = 1000 } });
	run(step_chdir_user, (union step_arg){ .path = { dir } });
	(void)snprintf(report->text, sizeof(report->text), "%s", dir);
}

static void child_keyring(void)
{
	long key;

	run(step_keyring, (union step_arg){ .keyring = {
		.name = "_ses.ocirun-test", .perm_or = 0x8 } });
	/* the session keyring now has that name */
	key = syscall(SYS_keyctl, 6, -3, report->text,
		      sizeof(report->text) - 1, 0);
	report->fact[0] = key > 0;
}

static void child_apparmor(void)
{
	run(step_apparmor, (union step_arg){ .path = { "ocirun-no-such" } });
}

static void child_selinux(void)
{
	run(step_selinux, (union step_arg){ .path = { "no:such:label" } });
}

static void child_mempolicy(void)
{
	run(step_memory_policy, (union step_arg){
		.memory_policy = { .mode = 2, .nodes = "0" } });
	if (report->r == 0)
		run(step_memory_policy, (union step_arg){
			.memory_policy = { .mode = 2, .nodes = "1000" } });
}

/* What depends on features of the host: done, or refused in clear words. */
static void test_features(void)
{
	ok(in_child(child_keyring), "session keyring");
	if (report->r == 0 && report->fact[0])
		ok(strstr(report->text, ";_ses.ocirun-test") &&
			   strstr(report->text, "8;_ses"),
		   "... is joined and widened: %s", report->text);
	else
		skip(1, "no keyrings here");

	ok(in_child(child_apparmor), "an AppArmor profile that is not there");
	ok(report->r < 0, "... fails: %s (%s)", report->e.msg, report->e.hint);
	ok(strstr(report->e.msg, "apparmor failed to apply profile"),
	   "... in runc's words");
	is_str(report->e.pointer, "/process/apparmorProfile", "... and where");
	ok(in_child(child_selinux), "an SELinux label that is not there");
	ok(report->r < 0, "... fails: %s (%s)", report->e.msg, report->e.hint);
	is_str(report->e.pointer, "/process/selinuxLabel", "... and where");

	ok(in_child(child_mempolicy), "a memory policy");
	if (report->r == -ENOSYS || report->r == -EPERM)
		skip(1, "no memory policies here");
	else
		is_int(report->r, -EINVAL, "... for a node that is not there "
		       "fails: %s (%s)", report->e.msg, report->e.hint);
}

static void test_caps(void)
{
	ok(in_child(child_caps), "capabilities");
	is_int(report->r, 0, "... are set: %s", report->e.msg);
	is_int(report->fact[0],
	       BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETUID), "bounding");
	is_int(report->fact[1], BIT(CAP_CHOWN) | BIT(CAP_KILL), "permitted");
	is_int(report->fact[2], BIT(CAP_KILL), "effective");
	is_int(report->fact[3], BIT(CAP_KILL), "inheritable");
	is_int(report->fact[4], BIT(CAP_KILL), "ambient: what can be raised");
	is_str(report->text, "can't raise ambient capability CAP_CHOWN: "
	       "operation not permitted", "... and a warning about the rest");
	is_int(report->fact[5], 0, "keep-caps is off again");

	ok(in_child(child_caps_lacking), "a capability we do not have");
	is_int(report->r, -EPERM, "... fails");
	is_str(report->e.hint, "the runtime itself does not have CAP_CHOWN",
	       "... naming it");
	is_str(report->e.pointer, "/process/capabilities/permitted",
	       "... and the set");
	ok(in_child(child_bounding_lacking), "bounding without CAP_SETPCAP");
	is_int(report->r, -EPERM, "... fails");
	is_str(report->e.pointer, "/process/capabilities/bounding",
	       "... naming the set");
}

static void test_ids(void)
{
	ok(in_child(child_ids), "ids");
	is_int(report->r, 0, "... are set: %s", report->e.msg);
	is_int(report->fact[0], 1234, "uid");
	is_int(report->fact[1], 4321, "gid");
	is_int(report->fact[2], 2, "two groups");
	is_int(report->fact[3], 30, "... the right ones");
	is_int(report->fact[4], 0, "non-dumpable");
	is_int(report->fact[5], 1, "keep-caps until CAPS");

	ok(in_child(child_stdio), "stdio");
	is_int(report->r, 0, "... changes owner: %s", report->e.msg);
	is_int(report->fact[0], 1234, "a pipe belongs to the user");
	is_int(report->fact[1], 0, "... its group stays");
	is_int(report->fact[2], 0, "/dev/null stays root's");

	if (in_child(child_unmapped)) {
		is_str(report->e.msg, "cannot setgid to unmapped gid 7 in user "
		       "namespace", "an unmapped gid");
		is_str(report->e.pointer, "/process/user/gid", "... and where");
	} else {
		skip(2, "no user namespace can be made here");
	}
}

static void test_root(void)
{
	if (geteuid() != 0) {
		skip(51, "needs root");
		return;
	}
	ok(in_child(child_breakout), "a cwd outside of the root");
	is_int(report->r, -EPERM, "... fails");
	is_str(report->e.msg, "current working directory is outside of container "
	       "mount namespace root -- possible container breakout detected",
	       "... says so");
	ok(in_child(child_cwd_user), "a cwd closed to the user");
	is_int(report->r, 0, "... passes: %s", report->e.msg);
	(void)rmdir(report->text);
	test_ids();
	test_caps();
	test_features();
	if (in_child(child_names)) {
		is_int(report->r, 0, "names are set: %s", report->e.msg);
		is_str(report->text, "box example.org", "... both");
		(void)in_child(child_long_name);
		is_int(report->r, -EINVAL, "a long name fails");
		is_str(report->e.hint, "the kernel takes at most 64 characters, "
		       "this has 80", "... and says why");
	} else {
		skip(4, "no UTS namespace can be made here");
	}
	if (in_child(child_loopback))
		is_int(report->r, 0, "loopback: %s", report->e.msg);
	else
		skip(1, "no network namespace can be made here");
}

int main(void)
{
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		bail("no shared memory");
	test_names();
	test_nodes();
	test_plain();
	test_root();
	return done();
}
