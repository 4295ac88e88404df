/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd may answer, or not: a bus of our own in a child process. */
#include "config.h"

#include "cgroup/sd.h"
#include "dbus/bus.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "tests/tap.h"

static struct arena mem;
static char address[100];
static pid_t server;

/* ---- the server's side ---- */

enum how {
	DONE,        /* the job is done; the signal comes before the reply */
	LATE,        /* … the signal comes after it, and others before */
	FAILED,      /* the job fails */
	EXISTS_ONCE, /* a failed unit of this name is there until it is reset */
	EXISTS,      /* … is there */
	DENIED,
	NO_UNIT,
	NO_JOB,      /* the reply comes, the signal never */
	SILENT,      /* nothing after the authentication */
	DEAF,        /* not even that */
	REJECTED,
	CLOSED,      /* the connection ends after the call */
	GARBAGE,     /* bytes that are no message */
	OLD,         /* an old systemd's authentication, then DONE */
	FORGED,      /* somebody else's signal says "failed", then DONE */
};

static int lfd;

static void put(int fd, const struct str *s)
{
	if (send(fd, s->p, s->len, MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void get(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t k = recv(fd, p, n, 0);

		if (k <= 0)
			_exit(0);
		p += k;
		n -= (size_t)k;
	}
}

static void answer(int fd, struct dmsg_answer a)
{
	struct str s = { 0 };

	dmsg_put_answer(&a, 5, &s);
	put(fd, &s);
	str_free(&s);
}

static void fail(int fd, uint32_t to, const char *name)
{
	const struct dval text = dval_str("because");

	answer(fd, (struct dmsg_answer){ .type = DMSG_ERROR, .reply_to = to,
					 .error = name, .args = &text,
					 .n_args = 1 });
}

static void job_removed(int fd, const char *iface, const char *job,
			const char *result)
{
	struct dval args[] = { dval_u32(1), dval_str(job), dval_str("x.scope"),
			       dval_str(result) };

	args[1].type = 'o';
	answer(fd, (struct dmsg_answer){
		.type = DMSG_SIGNAL, .path = "/org/freedesktop/systemd1",
		.iface = iface, .member = "JobRemoved", .args = args,
		.n_args = 4 });
}

#define MANAGER "org.freedesktop.systemd1.Manager"

static void start_or_stop(int fd, enum how how, uint32_t serial)
{
	static int resets;
	struct dval job = dval_str("/job/7");
	const struct dmsg_answer reply = { .type = DMSG_REPLY,
					   .reply_to = serial, .args = &job,
					   .n_args = 1 };

	job.type = 'o';
	if (how == DENIED)
		fail(fd, serial, "org.freedesktop.DBus.Error.AccessDenied");
	else if (how == NO_UNIT)
		fail(fd, serial, "org.freedesktop.systemd1.NoSuchUnit");
	else if (how == EXISTS || (how == EXISTS_ONCE && resets++ == 0))
		fail(fd, serial, "org.freedesktop.systemd1.UnitExists");
	else if (how == CLOSED)
		_exit(0);
	else if (how == GARBAGE)
		say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	else if (how == DONE || how == EXISTS_ONCE || how == OLD) {
		job_removed(fd, MANAGER, "/job/6", "failed");
		job_removed(fd, MANAGER, "/job/7", "done");
		answer(fd, reply);
	} else if (how != SILENT) {
		answer(fd, reply);
		if (how == FORGED)
			job_removed(fd, "org.example.Manager", "/job/7",
				    "failed");
		job_removed(fd, MANAGER, "/job/8", "failed");
		if (how == LATE || how == FORGED)
			job_removed(fd, MANAGER, "/job/7", "done");
		if (how == FAILED)
			job_removed(fd, MANAGER, "/job/7", "failed");
	}
}

static void serve(int fd, enum how how)
{
	char text[200] = { 0 };

	if (how == DEAF)
		(void)pause();
	get(fd, text, 29); /* a zero, AUTH, DATA, BEGIN */
	if (memcmp(text, "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n", 29) != 0)
		_exit(1);
	if (how == REJECTED)
		say(fd, "REJECTED COOKIE\r\n");
	else if (how == OLD)
		say(fd, "OK 0123\r\nERROR\r\n");
	else
		say(fd, "DATA\r\nOK 0123\r\n");
	for (;;) {
		char head[DMSG_HEAD];

		get(fd, head, sizeof(head));
		size_t n = (size_t)dmsg_length(head);
		char *data = xmalloc(n);
		struct dmsg m;

		memcpy(data, head, sizeof(head));
		get(fd, data + sizeof(head), n - sizeof(head));
		if (dmsg_parse(&m, data, n) < 0)
			_exit(1);
		struct dval text_value = dval_str("v252.9-1");
		struct dval value = dval_variant(&mem, &text_value);
		struct dmsg_answer ok = { .type = DMSG_REPLY,
					  .reply_to = m.serial };

		if (streq(m.member, "Get")) {
			ok.args = &value;
			ok.n_args = 1;
		}
		if (streq(m.member, "StartTransientUnit") ||
		    streq(m.member, "StopUnit"))
			start_or_stop(fd, how, m.serial);
		else if (how == DENIED)
			fail(fd, m.serial, "org.freedesktop.DBus.Error.AccessDenied");
		else if (how != SILENT)
			answer(fd, ok);
		dmsg_free(&m);
	}
}

static void start_server(enum how how)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa.sun_family);

	lfd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* An abstract name that the kernel chooses. */
	if (lfd < 0 || bind(lfd, (struct sockaddr *)&sa, len) < 0 ||
	    listen(lfd, 4) < 0)
		bail("no socket");
	len = sizeof(sa);
	if (getsockname(lfd, (struct sockaddr *)&sa, &len) < 0)
		bail("no name");
	(void)snprintf(address, sizeof(address), "unix:abstract=%.*s",
		       (int)(len - sizeof(sa.sun_family) - 1), sa.sun_path + 1);
	server = fork();
	if (server < 0)
		bail("fork");
	if (server == 0) {
		(void)alarm(60);
		serve(accept4(lfd, NULL, NULL, SOCK_CLOEXEC), how);
	}
	(void)close(lfd);
}

static void stop_server(void)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
}

/* ---- our side ---- */

static struct sd_manager *meet(enum how how, struct err *e)
{
	struct sd_manager *m = NULL;

	start_server(how);
	(void)sd_connect_to(&m, address, true, deadline_in_ms(how == DEAF ? 100 :
								10000), e);
	return m;
}

static void test_start(void)
{
	static const struct {
		const char *name;
		enum how how;
		int code;
		bool refused;
		const char *text;
	} t[] = {
		{ "done", DONE, 0, false, "" },
		{ "done later", LATE, 0, false, "" },
		{ "an old systemd", OLD, 0, false, "" },
		{ "another's signal", FORGED, 0, false, "" },
		{ "failed", FAILED, -EREMOTEIO, false,
		  "error creating systemd unit 'x.scope': got 'failed'" },
		{ "a leftover is reset", EXISTS_ONCE, 0, false, "" },
		{ "one that stays", EXISTS, -EEXIST, true,
		  "unable to start unit 'x.scope': StartTransientUnit: because "
		  "(org.freedesktop.systemd1.UnitExists)" },
		{ "denied", DENIED, -EACCES, true, "AccessDenied" },
		{ "no signal", NO_JOB, -ETIMEDOUT, false,
		  "waited for systemd to create 'x.scope'" },
		{ "no reply", SILENT, -ETIMEDOUT, false,
		  "waited for the reply to StartTransientUnit" },
		{ "closed", CLOSED, -EPIPE, false, "closed the connection" },
		{ "garbage", GARBAGE, -EBADMSG, false, "cannot talk to" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sd_props p = { .arena = &mem };
		struct err e = ERR_INIT;
		AUTO(sd_manager) struct sd_manager *m = meet(t[i].how, &e);
		bool quick = t[i].code == -ETIMEDOUT;
		int64_t before = clock_now_ns();
		bool refused = false;

		ok(m, "connected: %s", e.msg);
		sd_add(&p, "PIDs", dval_u32(1));
		int r = m ? sd_start(m, "x.scope", &p, &refused,
				     deadline_in_ms(quick ? 200 : 10000), &e) : 1;

		is_int(r, t[i].code, "start: %s", t[i].name);
		is_int(refused, t[i].refused, "… refused?");
		ok(r == 0 || strstr(e.msg, t[i].text), "… %s", e.msg);
		ok(clock_now_ns() - before < 9000000000LL, "… in time");
		/* A connection that failed once does not wait again. */
		if (quick) {
			struct err again = ERR_INIT;

			before = clock_now_ns();
			is_int(sd_stop(m, "x.scope", deadline_in_ms(10000),
				       &again), -ETIMEDOUT, "… stays broken");
			ok(clock_now_ns() - before < 9000000000LL,
			   "… without waiting");
		}
		stop_server();
	}
}

static void test_stop(void)
{
	static const struct {
		const char *name;
		enum how how;
		int code;
	} t[] = {
		{ "done", DONE, 0 },	 { "no unit", NO_UNIT, 0 },
		{ "a result", FAILED, 0 }, { "denied", DENIED, -EACCES },
		{ "no signal", NO_JOB, -ETIMEDOUT },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err e = ERR_INIT;
		AUTO(sd_manager) struct sd_manager *m = meet(t[i].how, &e);

		is_int(sd_stop(m, "x.scope",
			       deadline_in_ms(t[i].code == -ETIMEDOUT ? 200
								      : 10000),
			       &e), t[i].code, "stop: %s", t[i].name);
		stop_server();
	}
}

static void test_others(void)
{
	struct sd_props p = { .arena = &mem };
	struct err e = ERR_INIT;
	struct sd_manager *m = meet(DONE, &e);
	deadline_t d = deadline_in_ms(10000);
	const char *group = NULL;
	int version = 0;

	is_int(sd_version(m, d, &version, &e), 0, "version");
	is_int(version, 252, "… is");
	is_int(sd_control_group(m, &mem, &group, d, &e), 0, "control group");
	is_str(group, "v252.9-1", "… is");
	is_int(sd_set(m, "x.scope", &p, d, &e), 0, "no properties");
	sd_add(&p, "MemoryMax", dval_u64(5));
	is_int(sd_set(m, "x.scope", &p, d, &e), 0, "properties");
	is_int(sd_attach(m, "x.scope", "/a", 1, d, &e), 0, "attach");
	sd_disconnect(m);
	stop_server();

	m = meet(DENIED, &e);
	is_int(sd_set(m, "x.scope", &p, d, &e), -EACCES, "set is denied");
	ok(strstr(e.msg, "unable to set properties of unit 'x.scope': "
		  "SetUnitProperties: because"), "… %s", e.msg);
	is_int(sd_attach(m, "x.scope", "/a", 1, d, &e), -EACCES,
	       "attach is denied");
	is_int(sd_version(m, d, &version, &e), -EACCES, "version is denied");
	sd_disconnect(m);
	stop_server();

	err_clear(&e);
	ok(!meet(REJECTED, &e), "rejected");
	is_int(e.code, EACCES, "… is a question of rights");
	ok(strstr(e.msg, "REJECTED COOKIE"), "… %s", e.msg);
	stop_server();
	err_clear(&e);
	ok(!meet(DEAF, &e), "nobody answers");
	is_int(e.code, ETIMEDOUT, "… in time");
	ok(strstr(e.msg, "waited for the end of the authentication"), "… %s",
	   e.msg);
	stop_server();
}

static void test_addresses(void)
{
	static const struct {
		const char *address;
		int code;
	} t[] = {
		{ "unix:path=/nonexistent/bus", -ENOENT },
		{ "unix:guid=1,path=/nonexistent%2fbus", -ENOENT },
		{ "tcp:host=localhost;unix:path=/nonexistent/bus", -ENOENT },
		{ "tcp:host=localhost,port=1", -EINVAL },
		{ "unix:path=", -EINVAL },
		{ "unix:path=%zz", -EINVAL },
		{ "unix:path=%00", -EINVAL },
		{ "unix:", -EINVAL },
		{ "", -EINVAL },
	};
	char path[200];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sd_manager *m = NULL;
		struct err e = ERR_INIT;

		is_int(sd_connect_to(&m, t[i].address, true,
				     deadline_in_ms(1000), &e), t[i].code,
		       "address '%s'", t[i].address);
	}
	struct sd_manager *m = NULL;
	struct err e = ERR_INIT;
	int n = snprintf(path, sizeof(path), "unix:path=/");

	memset(path + n, 'x', sizeof(path) - (size_t)n - 1);
	path[sizeof(path) - 1] = '\0';
	is_int(sd_connect_to(&m, path, true, deadline_in_ms(1000), &e),
	       -ENAMETOOLONG, "a long path");
}

static void test_user_address(void)
{
	struct err e = ERR_INIT;
	AUTO(str) char *a = NULL;
	AUTO(str) char *b = NULL;

	(void)setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/x", 1);
	is_int(sd_user_address(&a, &e), 0, "from the environment");
	is_str(a, "unix:path=/x", "… as it is");
	(void)unsetenv("DBUS_SESSION_BUS_ADDRESS");
	(void)setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	is_int(sd_user_address(&b, &e), -ENOENT, "no bus");
	ok(strstr(e.msg, "$XDG_RUNTIME_DIR/bus (/nonexistent/bus)") &&
	   strstr(e.hint, "linger"), "… says what is missing: %s", e.msg);
	(void)unsetenv("XDG_RUNTIME_DIR");
	is_int(sd_user_address(&b, &e), -ENOENT, "no directory");
}

int main(void)
{
	test_start();
	test_stop();
	test_others();
	test_addresses();
	test_user_address();
	arena_free(&mem);
	return done();
}
