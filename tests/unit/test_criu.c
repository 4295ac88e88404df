/* SPDX-License-Identifier: Apache-2.0 */
/*
 * criu's side of the conversation is this program itself, executed as criu would
 * be (`swrk 3`): what it is asked is checked there, and it answers, lies, dies or
 * says nothing as $FAKE_CRIU wants it.
 */
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* ---- the other side --------------------------------------------------------- */

static const char *mode;

static void reply(CriuRpc__Reply *r)
{
	uint8_t buf[4096];
	size_t n = criu_rpc__reply__pack(r, buf);

	(void)!send(3, buf, n, 0);
}

static CriuRpc__Request *ask(void)
{
	static uint8_t buf[65536];
	ssize_t n = recv(3, buf, sizeof(buf), 0);

	return n > 0 ? criu_rpc__request__unpack(NULL, (size_t)n, buf) : NULL;
}

static void write_log(const CriuRpc__Options *o)
{
	static const char text[] =
		"(00.000001) all is well\n"
		"(00.000002) Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self: no\n"
		"(00.000003)      1: Error (criu/a.c:1): the first\n"
		"(00.000004)      1: Error (criu/b.c:2): the second\n"
		"(00.000005) Error (criu/c.c:3): Dumping FAILED.\n";
	char path[100];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d/%s", getppid(),
		       o->has_work_dir_fd ? o->work_dir_fd : o->images_dir_fd,
		       o->log_file);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)!write(fd, text, sizeof(text) - 1);
	(void)close(fd);
}

/* All that was asked for, as text that the test compares. */
static void write_options(const CriuRpc__Request *q)
{
	const CriuRpc__Options *o = q->opts;
	char path[100];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d/asked", getppid(),
		       o->images_dir_fd);
	AUTO(file) FILE *f = fopen(path, "we");

	if (!f)
		return;
	fprintf(f, "type %d pid %d root %s leave %d tcp %d mode %d empty %x\n",
		q->type, o->pid, o->root, o->leave_running, o->tcp_established,
		o->manage_cgroups_mode, o->empty_ns);
	fprintf(f, "conf %s log %s %d\n", o->config_file ? o->config_file : "-",
		o->log_file, o->log_level);
	if (o->ps)
		fprintf(f, "server %s port %d\n", o->ps->address, o->ps->port);
	if (o->freeze_cgroup)
		fprintf(f, "freeze %s\n", o->freeze_cgroup);
	for (size_t i = 0; i < o->n_external; i++)
		fprintf(f, "external %s\n", o->external[i]);
}

static int fake_dump(const CriuRpc__Request *q)
{
	CriuRpc__Reply r = CRIU_RPC__REPLY__INIT;
	CriuRpc__Notification n = CRIU_RPC__NOTIFICATION__INIT;
	char script[] = "status-ready";

	write_options(q);
	r.success = true;
	r.type = CRIU_NOTIFY;
	n.script = script;
	r.notify = &n;
	reply(&r);
	CriuRpc__Request *answer = ask();

	if (!answer || !answer->notify_success || answer->type != CRIU_NOTIFY)
		return 1;
	criu_rpc__request__free_unpacked(answer, NULL);
	r = (CriuRpc__Reply)CRIU_RPC__REPLY__INIT;
	r.type = q->type;
	r.success = !streq(mode, "fails");
	r.has_cr_errno = true;
	r.cr_errno = r.success ? 0 : EBUSY;
	if (!r.success)
		write_log(q->opts);
	reply(&r);
	return 0;
}

static int fake(void)
{
	CriuRpc__Reply r = CRIU_RPC__REPLY__INIT;
	CriuRpc__Version v = CRIU_RPC__VERSION__INIT;
	CriuRpc__Features have = CRIU_RPC__FEATURES__INIT;
	CriuRpc__Request *q = ask();
	char git[] = "v4.1-5-g0123";

	if (!q)
		return 1;
	r.type = q->type;
	r.success = true;
	if (q->type == CRIU_VERSION) {
		v.major_number = streq(mode, "old") ? 2 : streq(mode, "git") ? 4 : 3;
		v.minor_number = streq(mode, "git") ? 1 : 17;
		v.has_sublevel = true;
		v.sublevel = streq(mode, "git") ? 0 : 1;
		v.gitid = streq(mode, "git") ? git : NULL;
		r.version = &v;
		if (streq(mode, "dies"))
			return 1;
		if (streq(mode, "garbage")) {
			(void)!send(3, "\xff\xff\xff", 3, 0);
			return 1;
		}
		reply(&r);
	} else if (q->type == CRIU_FEATURES) {
		have.has_mem_track = q->features->has_mem_track;
		have.mem_track = !streq(mode, "poor");
		r.features = &have;
		reply(&r);
	} else {
		int failed = fake_dump(q);

		criu_rpc__request__free_unpacked(q, NULL);
		return failed;
	}
	criu_rpc__request__free_unpacked(q, NULL);
	return 0;
}

/* ---- our side ---------------------------------------------------------------- */

#define contains(text, part, what) \
	ok(strstr((text), (part)) != NULL, "%s: %s", (what), (text))

static char self[4096];

static void be(const char *what)
{
	(void)setenv("FAKE_CRIU", what, 1);
}

static void test_version(void)
{
	struct err e = ERR_INIT;
	int v = 0;

	be("");
	is_int(criu_version(self, &v, &e), 0, "asks for the version: %s", e.msg);
	is_int(v, 31701, "3.17.1");
	be("git");
	is_int(criu_version(self, &v, &e), 0, "a version between two: %s", e.msg);
	is_int(v, 40200, "is as good as the next");
	be("old");
	is_int(criu_version(self, &v, &e), -EOPNOTSUPP, "too old");
	contains(e.msg, "CRIU version 21701 must be 30000 or higher", "says so");
	err_clear(&e);
	be("dies");
	is_int(criu_version(self, &v, &e), -EPIPE, "it dies");
	contains(e.msg, "died without a reply", "says so");
	err_clear(&e);
	be("garbage");
	is_int(criu_version(self, &v, &e), -EPROTO, "it talks nonsense");
	err_clear(&e);
	is_int(criu_version("/bin/true", &v, &e), -EPIPE, "it is something else");
	err_clear(&e);
	is_int(criu_version("/nonexistent", &v, &e), -ENOENT, "there is none");
	is_int(v, 40200, "the result is untouched");
}

static void test_features(void)
{
	struct err e = ERR_INIT;

	be("");
	is_int(criu_needs_features(self, true, false, &e), 0, "memory is tracked");
	be("poor");
	is_int(criu_needs_features(self, true, false, &e), -EOPNOTSUPP, "or not");
	contains(e.msg, "CRIU is missing features: [MemTrack]", "runc's words");
}

static void test_flags(void)
{
	static const char *const pid[] = { "pid", NULL };
	const struct {
		struct criu_flags f;
		const char *says;
	} bad[] = {
		{ { .cgroups_mode = "hard", .status_fd = -1 }, "manage-cgroups-mode" },
		{ { .network_lock = "x", .status_fd = -1 }, "network lock" },
		{ { .page_server = "a", .status_fd = -1 }, "--page-server" },
		{ { .page_server = ":1", .status_fd = -1 }, "--page-server" },
		{ { .page_server = "a:", .status_fd = -1 }, "--page-server" },
		{ { .page_server = "a:65536", .status_fd = -1 }, "--page-server" },
		{ { .page_server = "::1:5", .status_fd = -1 }, "--page-server" },
		{ { .parent_path = "/a", .status_fd = -1 }, "must be relative" },
		{ { .status_fd = 999 }, "--status-fd argument 999" },
		{ { .empty_ns = { (const char **)(uintptr_t)pid, 1 }, .status_fd = -1 },
		  "\"pid\" is not supported" },
	};
	const struct criu_flags good = { .cgroups_mode = "ignore",
					 .network_lock = "skip",
					 .page_server = "[::1]:27000",
					 .parent_path = "../a", .status_fd = 1 };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err_clear(&e);
		ok(criu_check_flags(&bad[i].f, &e) < 0, "refused: %s", bad[i].says);
		contains(e.msg, bad[i].says, "says why");
	}
	err_clear(&e);
	is_int(criu_check_flags(&good, &e), 0, "what is right is taken: %s", e.msg);
}

static char *slurp(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *text = NULL;

	if (file_read_at(AT_FDCWD, path, 65536, &text, NULL) < 0)
		text = xstrdup("");
	free(path);
	return text;
}

static void test_dump(const char *dir)
{
	struct spec_mount mounts[] = {
		{ .destination = "/etc/../etc", .kind = MOUNT_BIND, .type = "",
		  .source = "/x" },
		{ .destination = "/no/such/place", .kind = MOUNT_BIND, .type = "",
		  .source = "/x" },
		{ .destination = "/proc", .kind = MOUNT_PROC, .type = "proc",
		  .source = "proc" },
	};
	const char *masks[] = { "/dev/null", "/etc", "/none", NULL };
	struct spec spec = { .mounts = mounts, .n_mounts = 3 };
	struct criu_flags f = { .image_path = dir, .status_fd = -1,
				.tcp_established = true, .cgroups_mode = "soft",
				.page_server = "[::1]:27000" };
	const struct criu_subject s = { .program = self, .flags = &f, .spec = &spec,
					.rootfs = "/r", .runc_words = true };
	const char *const stdio[] = { "pipe:[1]", "/dev/null", "a\"b" };
	struct err e = ERR_INIT;
	char want[2000];

	spec.linux_.masked_paths = (struct str_list){ masks, 3 };
	be("");
	is_int(criu_dump(&s, getpid(), "/sys/fs/cgroup/freezer/x", stdio, &e), 0,
	       "dumps: %s", e.msg);
	AUTO(str) char *asked = slurp(dir, "asked");
	AUTO(str) char *fds = slurp(dir, "descriptors.json");

	(void)snprintf(want, sizeof(want),
		       "type 1 pid %d root /r leave 0 tcp 1 mode 3 empty 40000000\n"
		       "conf /etc/criu/runc.conf log dump.log 4\n"
		       "server ::1 port 27000\n"
		       "freeze /sys/fs/cgroup/freezer/x\n"
		       "external mnt[/etc]:/etc\n"
		       "external mnt[/dev/null]:/dev/null\n"
		       "external mnt[/dev/null]:/dev/null\n"
		       "external mnt[/dev/zero]:/dev/zero\n"
		       "external mnt[/dev/full]:/dev/full\n"
		       "external mnt[/dev/random]:/dev/random\n"
		       "external mnt[/dev/urandom]:/dev/urandom\n"
		       "external mnt[/dev/tty]:/dev/tty\n",
		       getpid());
	is_str(asked, want, "what criu is asked");
	is_str(fds, "[\"pipe:[1]\",\"/dev/null\",\"a\\\"b\"]", "descriptors.json");
	be("fails");
	is_int(criu_dump(&s, getpid(), NULL, stdio, &e), -EBUSY, "fails");
	AUTO(str) char *log = xasprintf(
		"criu failed: type DUMP errno %d: Error (criu/a.c:1): the first: Error (criu/b.c:2): the second, log file: %s/dump.log",
		EBUSY, dir);

	is_str(e.msg, log, "with criu's own words");
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/test_criu.XXXXXX";

	mode = getenv("FAKE_CRIU");
	if (argc == 3 && streq(argv[1], "swrk"))
		return fake();
	if (argc > 1) /* criu check */
		return 0;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !mkdtemp(dir))
		return 1;
	test_version();
	test_features();
	test_flags();
	test_dump(dir);
	AUTO(str) char *rm = xasprintf("%s/asked", dir);

	(void)unlink(rm);
	for (size_t i = 0; i < 2; i++) {
		AUTO(str) char *p = xasprintf("%s/%s", dir,
					      i ? "dump.log" : "descriptors.json");

		(void)unlink(p);
	}
	(void)rmdir(dir);
	return done();
}
