/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives a pseudo-terminal for the bats files, so that they need neither
 * script(1) nor socat.
 *
 *	ptytool run [ACTION…] -- COMMAND…     COMMAND on a fresh pty of its own
 *	ptytool recv SOCKET [ACTION…]         the descriptor that arrives there
 *	ptytool slave FILE [ACTION…]          a fresh pty, slave's path in FILE
 *
 * Actions, in order; text takes \n \r \t \e \xHH \\:
 *	expect=TEXT    read until TEXT was seen (behind the previous match)
 *	send=TEXT      type TEXT
 *	size=ROWSxCOLS set the window size
 *	modes=FILE     write the terminal's modes: "icanon echo isig onlcr …"
 *	signal=N       signal the command
 *	hangup         close the master
 *	after:ACTION   ACTION once the command has ended or the terminal was closed
 *
 * Afterwards reads to the end. What was read goes to stdout as it is. "recv"
 * prints first "payload=NAME fds=N type=tty|FILE" and, of a pidfd, "pid=N". Of
 * "run" the exit status is the command's (128 + N for signal N); 124 and a line
 * on stderr when something did not happen within the time limit
 * (PTYTOOL_SECONDS, default 20).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct tool {
	int master, slave;
	pid_t pid;          /* of "run" */
	int64_t end;        /* ms, monotonic */
	char *seen;         /* everything read so far */
	size_t n_seen, matched;
	bool eof;
};

static void die(int code, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
static void die(int code, const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("ptytool: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(code);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void time_out(const struct tool *t, const char *what)
{
	if (t->pid > 0)
		(void)kill(t->pid, SIGKILL);
	die(124, "timed out: %s", what);
}

/* ---- reading and writing ------------------------------------------------------ */

/* Read once; false at the end or when `what` did not come in time. */
static bool read_some(struct tool *t, const char *what)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };
	int64_t left = t->end - now_ms();
	char buf[4096];
	ssize_t n;

	if (t->eof)
		return false;
	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		time_out(t, what);
	n = read(t->master, buf, sizeof(buf));
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) { /* EIO: the last slave was closed */
		t->eof = true;
		return false;
	}
	(void)fwrite(buf, 1, (size_t)n, stdout);
	(void)fflush(stdout);
	t->seen = realloc(t->seen, t->n_seen + (size_t)n);
	if (!t->seen)
		die(1, "out of memory");
	memcpy(t->seen + t->n_seen, buf, (size_t)n);
	t->n_seen += (size_t)n;
	if (t->slave >= 0) { /* the other side has opened it by now */
		(void)close(t->slave);
		t->slave = -1;
	}
	return true;
}

static void expect(struct tool *t, const char *text, size_t len)
{
	for (;;) {
		const char *hit = t->n_seen < t->matched + len ? NULL :
			memmem(t->seen + t->matched, t->n_seen - t->matched,
			       text, len);

		if (hit) {
			t->matched = (size_t)(hit - t->seen) + len;
			return;
		}
		if (!read_some(t, text))
			die(124, "the terminal ended before '%s'", text);
	}
}

static void send_text(struct tool *t, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(t->master, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die(1, "write: %s", strerror(errno));
		text += n;
		len -= (size_t)n;
	}
}

static int hex(char c)
{
	const char *digits = "0123456789abcdef", *p = strchr(digits, c | 0x20);

	return c && p ? (int)(p - digits) : -1;
}

/* Replace escapes in place; returns the length. */
static size_t unescape(char *s)
{
	static const char names[] = "nrte\\", values[] = "\n\r\t\033\\";
	char *out = s, *in = s;

	while (*in) {
		const char *p;

		if (*in != '\\' || !in[1]) {
			*out++ = *in++;
			continue;
		}
		p = strchr(names, in[1]);
		if (p) {
			*out++ = values[p - names];
			in += 2;
		} else if (in[1] == 'x' && hex(in[2]) >= 0 && hex(in[3]) >= 0) {
			*out++ = (char)(hex(in[2]) * 16 + hex(in[3]));
			in += 4;
		} else {
			die(1, "unknown escape '%s'", in);
		}
	}
	*out = '\0';
	return (size_t)(out - s);
}

/* ---- actions -------------------------------------------------------------------- */

static unsigned short number(const char *s, char **ret_end)
{
	unsigned long v = strtoul(s, ret_end, 10);

	if (*ret_end == s || v > 0xffff)
		die(1, "bad number '%s'", s);
	return (unsigned short)v;
}

static void set_size(const struct tool *t, const char *text)
{
	struct winsize ws = { 0 };
	char *end;

	ws.ws_row = number(text, &end);
	if (*end != 'x')
		die(1, "bad size '%s'", text);
	ws.ws_col = number(end + 1, &end);
	if (ioctl(t->master, TIOCSWINSZ, &ws) < 0)
		die(1, "TIOCSWINSZ: %s", strerror(errno));
}

/* A master answers for its slave. */
static void write_modes(const struct tool *t, const char *file)
{
	FILE *f = fopen(file, "we");
	struct termios m;

	if (!f || tcgetattr(t->master, &m) < 0)
		die(1, "modes of the terminal to '%s': %s", file, strerror(errno));
	(void)fprintf(f, "%sicanon %secho %sisig %sopost %sonlcr\n",
		      m.c_lflag & ICANON ? "" : "-", m.c_lflag & ECHO ? "" : "-",
		      m.c_lflag & ISIG ? "" : "-", m.c_oflag & OPOST ? "" : "-",
		      m.c_oflag & ONLCR ? "" : "-");
	if (fclose(f) != 0)
		die(1, "'%s': %s", file, strerror(errno));
}

static bool has(const char *action, const char *name, char **ret_value)
{
	size_t n = strlen(name);

	if (strncmp(action, name, n) != 0)
		return false;
	*ret_value = strdup(action + n);
	if (!*ret_value)
		die(1, "out of memory");
	return true;
}

static void act(struct tool *t, const char *action)
{
	char *v = NULL, *end;

	if (has(action, "expect=", &v)) {
		size_t len = unescape(v);

		expect(t, v, len);
	} else if (has(action, "send=", &v)) {
		size_t len = unescape(v);

		send_text(t, v, len);
	} else if (has(action, "size=", &v)) {
		set_size(t, v);
	} else if (has(action, "modes=", &v)) {
		write_modes(t, v);
	} else if (has(action, "signal=", &v)) {
		if (t->pid <= 0 || kill(t->pid, number(v, &end)) < 0)
			die(1, "cannot signal the command");
	} else if (strcmp(action, "hangup") == 0) {
		(void)close(t->master);
		t->master = -1;
		t->eof = true;
	} else {
		die(1, "unknown action '%s'", action);
	}
	free(v);
}

/* The actions up to `end` or "--"; "after:ACTION" ones only when `after`. */
static void act_all(struct tool *t, char **argv, bool after)
{
	static const char mark[] = "after:";

	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		bool late = strncmp(*argv, mark, strlen(mark)) == 0;

		if (late == after)
			act(t, *argv + (late ? strlen(mark) : 0));
	}
}

/* ---- the three ways to a terminal ------------------------------------------------- */

static void open_pair(struct tool *t, char *path, size_t size)
{
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 ||
	    ptsname_r(t->master, path, size) != 0)
		die(1, "no pseudo-terminal: %s", strerror(errno));
	t->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0)
		die(1, "%s: %s", path, strerror(errno));
}

static void child(const struct tool *t, char **command)
{
	if (setsid() < 0 || ioctl(t->slave, TIOCSCTTY, 0) < 0)
		_exit(126);
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(t->slave, fd) < 0)
			_exit(126);
	(void)execvp(command[0], command);
	_exit(127);
}

static int wait_exit(struct tool *t)
{
	int status;

	while (waitpid(t->pid, &status, WNOHANG) == 0) {
		if (now_ms() > t->end)
			time_out(t, "the command did not exit");
		(void)poll(NULL, 0, 10);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(struct tool *t, char **argv)
{
	char **command = argv, path[64];
	int status;

	while (*command && strcmp(*command, "--") != 0)
		command++;
	if (!*command || !command[1])
		die(1, "no command");
	open_pair(t, path, sizeof(path));
	/* a size before the command starts, without a signal */
	if (strncmp(argv[0], "size=", 5) == 0)
		act(t, *argv++);
	t->pid = fork();
	if (t->pid < 0)
		die(1, "fork: %s", strerror(errno));
	if (t->pid == 0)
		child(t, command + 1);
	(void)close(t->slave);
	t->slave = -1;
	act_all(t, argv, false);
	while (read_some(t, "the end of the output"))
		;
	status = wait_exit(t);
	act_all(t, argv, true);
	return status;
}

static void print_pid(int fd)
{
	char path[64], line[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "Pid:", 4) == 0)
			printf(" pid=%d", (int)strtol(line + 4, NULL, 10));
	if (f)
		(void)fclose(f);
}

static int listen_at(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(sa.sun_path, sizeof(sa.sun_path), "%s.", path);

	if (n < 0 || n >= (int)sizeof(sa.sun_path))
		die(1, "'%s' is too long for a socket", path);
	/* It gets its name when one can connect to it. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, 1) < 0 || rename(sa.sun_path, path) < 0)
		die(1, "cannot listen at '%s': %s", path, strerror(errno));
	return fd;
}

static int recv_fds(struct tool *t, int sock)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(8 * sizeof(int))];
	} ctl;
	char name[4097];
	struct iovec iov = { name, sizeof(name) - 1 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1,
			     .msg_control = &ctl, .msg_controllen = sizeof(ctl) };
	struct pollfd p = { .fd = sock, .events = POLLIN };
	char file[256] = "", self[64];
	size_t n_fds = 0;

	if (poll(&p, 1, (int)(t->end - now_ms())) <= 0)
		time_out(t, "nothing was sent");
	ssize_t n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&mh) : NULL;

	if (n <= 0)
		die(3, "the connection was closed without a message");
	if (c && c->cmsg_type == SCM_RIGHTS) {
		n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(&t->master, CMSG_DATA(c), sizeof(int));
	}
	name[n] = '\0';
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", t->master);
	if (n_fds > 0 && readlink(self, file, sizeof(file) - 1) < 0)
		die(1, "%s: %s", self, strerror(errno));
	printf("payload=%s fds=%zu type=%s", name, n_fds,
	       n_fds > 0 && isatty(t->master) ? "tty" : file);
	if (n_fds > 0)
		print_pid(t->master);
	(void)putchar('\n');
	(void)fflush(stdout);
	return n_fds > 0 && isatty(t->master);
}

static int receive(struct tool *t, char **argv)
{
	int listener = listen_at(argv[0]), sock;
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (poll(&p, 1, (int)(t->end - now_ms())) <= 0)
		time_out(t, "nobody connected");
	sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (sock < 0)
		die(1, "accept: %s", strerror(errno));
	if (!recv_fds(t, sock))
		return 0;
	(void)close(sock);
	act_all(t, argv + 1, false);
	while (read_some(t, "the end of the output"))
		;
	act_all(t, argv + 1, true);
	return 0;
}

static int lend_slave(struct tool *t, char **argv)
{
	char path[64];
	FILE *f;

	open_pair(t, path, sizeof(path));
	f = fopen(argv[0], "we");
	if (!f || fprintf(f, "%s\n", path) < 0 || fclose(f) != 0)
		die(1, "'%s': %s", argv[0], strerror(errno));
	act_all(t, argv + 1, false);
	while (read_some(t, "the end of the output"))
		;
	return 0;
}

int main(int argc, char **argv)
{
	const char *limit = getenv("PTYTOOL_SECONDS");
	struct tool t = { .master = -1, .slave = -1 };
	int status = 1;

	t.end = now_ms() + (limit ? strtol(limit, NULL, 10) : 20) * 1000;
	if (argc >= 3 && strcmp(argv[1], "run") == 0)
		status = run(&t, argv + 2);
	else if (argc >= 3 && strcmp(argv[1], "recv") == 0)
		status = receive(&t, argv + 2);
	else if (argc >= 3 && strcmp(argv[1], "slave") == 0)
		status = lend_slave(&t, argv + 2);
	else
		die(1, "usage: ptytool run|recv|slave …; see the head of its source");
	free(t.seen); /* LeakSanitizer asks for it */
	return status;
}
