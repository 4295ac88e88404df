/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: formats, levels, redirection, terminals. */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Lets fn log into a pipe and returns what came out, with the digits of the
 * time stamp replaced by 'N' where there is one.
 */
static char *logged(bool json, enum log_level level, enum log_level at,
		    const char *msg)
{
	struct log_config config = { .level = level,
				     .json = json,
				     .is_stderr = false };
	char *text = NULL, *p;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		bail("pipe");
	config.fd = fds[1];
	log_setup(&config);
	errno = ENOTTY;
	log_msg(at, "%s", msg);
	if (errno != ENOTTY)
		diag("errno was changed");
	(void)close(fds[1]);
	if (fd_read_all(fds[0], 100000, &text, NULL) < 0)
		bail("read");
	(void)close(fds[0]);
	p = strstr(text, json ? "\"time\":\"" : "time=\"");
	if (p)
		for (p += strcspn(p, "0123456789"); *p && *p != '"'; p++)
			if (*p >= '0' && *p <= '9')
				*p = 'N';
	return text;
}

#define T "time=\"NNNN-NN-NNTNN:NN:NNZ\""
#define J "\"time\":\"NNNN-NN-NNTNN:NN:NNZ\"}\n"

static const struct {
	enum log_level at;
	const char *msg, *text, *json;
} lines[] = {
	{ LOGL_ERROR, "container does not exist",
	  T " level=error msg=\"container does not exist\"\n",
	  "{\"level\":\"error\",\"msg\":\"container does not exist\"," J },
	{ LOGL_WARN, "bare-word./_@^+7",
	  T " level=warning msg=bare-word./_@^+7\n",
	  "{\"level\":\"warning\",\"msg\":\"bare-word./_@^+7\"," J },
	{ LOGL_INFO, "", T " level=info\n",
	  "{\"level\":\"info\",\"msg\":\"\"," J },
	{ LOGL_DEBUG, "a=b", T " level=debug msg=\"a=b\"\n",
	  "{\"level\":\"debug\",\"msg\":\"a=b\"," J },
	{ LOGL_ERROR, "two\nlines \"q\" <&>",
	  T " level=error msg=\"two\\nlines \\\"q\\\" <&>\"\n",
	  "{\"level\":\"error\",\"msg\":\"two\\nlines \\\"q\\\" \\u003c\\u0026\\u003e\"," J },
	{ LOGL_ERROR, "\033[31m", T " level=error msg=\"\\x1b[31m\"\n",
	  "{\"level\":\"error\",\"msg\":\"\\u001b[31m\"," J },
};

static void test_lines(void)
{
	size_t i;
	char *s;

	for (i = 0; i < COUNT(lines); i++) {
		s = logged(false, LOGL_DEBUG, lines[i].at, lines[i].msg);
		is_str(s, lines[i].text, "text %zu", i);
		free(s);
		s = logged(true, LOGL_DEBUG, lines[i].at, lines[i].msg);
		is_str(s, lines[i].json, "json %zu", i);
		free(s);
	}
}

static void test_levels(void)
{
	int at, level, wrong = 0;
	char *s;

	for (level = LOGL_ERROR; level <= LOGL_DEBUG; level++) {
		for (at = LOGL_ERROR; at <= LOGL_DEBUG; at++) {
			s = logged(false, (enum log_level)level,
				   (enum log_level)at, "x");
			wrong += (*s != '\0') != (at <= level);
			free(s);
		}
		wrong += (int)log_level_get() != level;
	}
	is_int(wrong, 0, "only messages up to the level are written");
}

static char redirected[200];

static void on_line(enum log_level level, const char *text, void *arg)
{
	(void)snprintf(redirected, sizeof(redirected), "%d %s %s", (int)level,
		       text, (char *)arg);
	errno = EXDEV;
}

static void test_redirect(void)
{
	char arg[] = "arg";
	char *s;

	log_redirect(on_line, arg);
	s = logged(false, LOGL_INFO, LOGL_WARN, "to the channel");
	is_str(s, "", "nothing reaches the sink");
	free(s);
	is_str(redirected, "1 to the channel arg",
	       "the function gets level, text, argument");
	redirected[0] = '\0';
	log_debug("not at this level %d", 1);
	is_str(redirected, "", "levels hold there too");
	log_error("%d%%", 7);
	is_str(redirected, "0 7% arg", "formatted");
	log_redirect(NULL, NULL);
	s = logged(false, LOGL_INFO, LOGL_WARN, "back");
	is_str(s, T " level=warning msg=back\n", "NULL restores the sink");
	free(s);
}

static void test_stderr(void)
{
	struct log_config config = { .level = LOGL_INFO, .fd = -1 };

	log_setup(&config);
	ok(log_is_stderr(), "no descriptor means stderr");
	config.fd = 5;
	log_setup(&config);
	ok(!log_is_stderr(), "a file is not stderr");
	config.is_stderr = true;
	log_setup(&config);
	ok(log_is_stderr(), "unless said so");
}

/* One message on a stderr that is a terminal. */
static void test_terminal(void)
{
	struct log_config config = { .level = LOGL_INFO, .fd = -1 };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, saved;
	char buf[300] = "";
	size_t len = 0;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
		skip(2, "no pseudoterminals here");
		return;
	}
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (slave < 0 || saved < 0)
		bail("cannot open the pseudoterminal");
	(void)dup2(slave, 2);
	log_setup(&config);
	log_warn("a \"b\"\n\033[2J\xc2\x9b\xc3\xbc\xff");
	config.json = true;
	log_setup(&config);
	log_warn("x");
	(void)dup2(saved, 2);
	/* a terminal hands out what it likes to: read until both are there */
	while (len < sizeof(buf) - 1 && !strstr(buf, "}\r\n")) {
		ssize_t n = read(master, buf + len, sizeof(buf) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
	}
	ok(str_starts(buf,
		      "\033[33mWARN\033[0m[0000] a \"b\"??[2J?\xc3\xbc?\r\n"),
	   "terminal: colour, seconds, no controls of the message");
	ok(strstr(buf, "{\"level\":\"warning\",\"msg\":\"x\""),
	   "terminal: json stays json");
	(void)close(saved);
	(void)close(slave);
	(void)close(master);
}

/* One datagram to a daemon's socket; returns its length. */
static ssize_t sent(enum log_sink sink, const char *msg, char *buf, size_t size)
{
	struct log_config config = { .level = LOGL_DEBUG, .sink = sink,
				     .ident = "me" };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0)
		bail("socketpair");
	config.fd = fds[1];
	log_setup(&config);
	log_msg(LOGL_WARN, "%s", msg);
	ssize_t n = recv(fds[0], buf, size - 1, MSG_DONTWAIT);

	(void)close(fds[0]);
	(void)close(fds[1]);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

static void test_daemons(void)
{
	static const char head[] =
		"PRIORITY=4\nSYSLOG_IDENTIFIER=me\nID=me\n";
	static const char raw[] = "MESSAGE\n\3\0\0\0\0\0\0\0a\nb\n";
	char buf[300], want[80];
	ssize_t n = sent(LOG_JOURNALD, "one line", buf, sizeof(buf));

	is_int(n, (long)strlen(buf), "journald: a datagram");
	ok(str_starts(buf, head) &&
		   streq(buf + strlen(head), "MESSAGE=one line\n"),
	   "journald: priority, identifier, message");
	n = sent(LOG_JOURNALD, "a\nb", buf, sizeof(buf));
	ok(n == (ssize_t)(strlen(head) + sizeof(raw) - 1) &&
		   memcmp(buf + strlen(head), raw, sizeof(raw) - 1) == 0,
	   "journald: a message of several lines has its length in front");
	(void)sent(LOG_SYSLOG, "a\nb", buf, sizeof(buf));
	(void)snprintf(want, sizeof(want), "<28>me[%d]: a b", (int)getpid());
	is_str(buf, want, "syslog: daemon.warning, name, pid, one line");
}

int main(void)
{
	(void)setenv("TZ", "UTC0", 1);
	test_lines();
	test_levels();
	test_redirect();
	test_stderr();
	test_terminal();
	test_daemons();
	return done();
}
