/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main(): becomes init when libnsexec's constructor says so, otherwise parses
 * the global options and runs one command. The only place that turns an error
 * into output and an exit status.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/protect.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/init_image.h"
#include "config/names.h"
#include "init/init.h"
#include "libnsexec/nsexec.h"
#include "plan/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

struct globals {
	bool debug, systemd_cgroup, strict, version;
	const char *log, *log_format, *log_level, *root, *rootless, *criu,
		*cgroup_manager, *id;
};

#define G(field) offsetof(struct globals, field)
static const struct cli_opt global_opts[] = {
	{ "debug", 0, CLI_SWITCH, G(debug), "enable debug logging" },
	{ "log", 0, CLI_STRING, G(log),
	  "where to write logs: '[file:]PATH', 'journald:ID' or 'syslog:ID' (default: stderr)" },
	{ "log-format", 0, CLI_STRING, G(log_format),
	  "set the log format ('text' (default), or 'json')" },
	{ "log-level", 0, CLI_STRING, G(log_level),
	  "set the log level ('error', 'warning' (default), 'info', 'debug')" },
	{ "root", 0, CLI_STRING, G(root),
	  "root directory for storage of container state" },
	{ "cgroup-manager", 0, CLI_STRING, G(cgroup_manager),
	  "'cgroupfs' (default), 'systemd' or 'disabled'" },
	{ "systemd-cgroup", 0, CLI_SWITCH, G(systemd_cgroup),
	  "enable systemd cgroup support" },
	{ "rootless", 0, CLI_STRING, G(rootless),
	  "ignore cgroup permission errors ('true', 'false', or 'auto')" },
	{ "criu", 0, CLI_STRING, G(criu),
	  "path of criu, for checkpoint and restore (default: looked up in $PATH)" },
	{ "strict", 0, CLI_SWITCH, G(strict),
	  "follow the runtime specification where runc departs from it" },
	{ "id", 0, CLI_STRING, G(id), NULL },
	{ "version", 'v', CLI_SWITCH, G(version), "print the version" },
	{ 0 },
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * Before anything else is opened: give 0-2 an inode if the caller closed them,
 * and find out how many descriptors from 3 on the caller passed.
 */
static uint32_t check_inherited(void)
{
	/* the lowest that is free; nothing more to do if 0-2 are not */
	int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd > STDERR_FILENO) {
		(void)close(fd);
		return (uint32_t)(fd - 3);
	}
	if (fd >= 0)
		(void)close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	while (fd >= 0 && fd <= STDERR_FILENO) {
		(void)fcntl(fd, F_SETFD, 0);
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	if (fd < 0)
		return 0;
	(void)close(fd);
	return (uint32_t)(fd - 3);
}

static void print_version(const char *name)
{
	printf("%s version %s\n", name, PACKAGE_VERSION);
	printf("commit: %s\n", GIT_COMMIT);
	printf("spec: 1.3.0\n");
}

/* Report once: in the log, and on stderr if that is elsewhere. */
static int fail(const struct err *e, int exit_code)
{
	char line[2400];

	(void)err_format(e, line, sizeof(line));
	/* The program's own failure is shown as the program would show it. */
	if (e->exit_code && e->code != EINTR && log_is_stderr()) {
		(void)fprintf(stderr, "%s\n", line);
		return e->exit_code;
	}
	log_error("%s", line);
	if (!log_is_stderr())
		(void)fprintf(stderr, "%s\n", line);
	return e->exit_code ? e->exit_code : exit_code;
}

static int setup_level(const struct globals *g, enum log_level *ret,
		       struct err *e)
{
	static const struct { const char *name; enum log_level level; } l[] = {
		{ "error", LOGL_ERROR }, { "warn", LOGL_WARN },
		{ "warning", LOGL_WARN }, { "info", LOGL_INFO },
		{ "debug", LOGL_DEBUG },
	};

	*ret = g->debug ? LOGL_DEBUG : LOGL_WARN;
	if (!g->log_level)
		return 0;
	for (size_t i = 0; i < sizeof(l) / sizeof(l[0]); i++) {
		if (streq_nocase(g->log_level, l[i].name)) {
			if (!g->debug)
				*ret = l[i].level;
			return 0;
		}
	}
	return err_set(e, EINVAL, "invalid log-level: %s", g->log_level);
}

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

/* The daemons' sockets; nobody there is an error, as a file that cannot be opened. */
static int open_log_socket(const char *path, const char *log, int *ret_fd,
			   struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	AUTO(fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(sa.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		(void)err_errno(e, errno, "cannot open --log '%s'", log);
		return err_hint(e, "it needs a daemon that listens on %s", path);
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* [file:]PATH, journald:IDENT, syslog:IDENT; stderr without --log. */
static int open_log(const char *log, struct log_config *c, struct err *e)
{
	const char *path = str_starts(log, "file:") ? log + strlen("file:") : log;

	c->is_stderr = false;
	if (str_starts(log, "journald:")) {
		c->sink = LOG_JOURNALD;
		c->ident = log + strlen("journald:");
		return open_log_socket(JOURNAL_SOCKET, log, &c->fd, e);
	}
	if (str_starts(log, "syslog:")) {
		c->sink = LOG_SYSLOG;
		c->ident = log + strlen("syslog:");
		return open_log_socket(SYSLOG_SOCKET, log, &c->fd, e);
	}
	c->fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
	if (c->fd < 0)
		return err_errno(e, errno, "cannot open --log '%s'", log);
	return 0;
}

static int setup_log(const struct globals *g, struct err *e)
{
	struct log_config c = { .fd = -1, .is_stderr = true };

	if (setup_level(g, &c.level, e) < 0)
		return -e->code;
	if (g->log_format && *g->log_format && !streq(g->log_format, "text") &&
	    !streq(g->log_format, "json"))
		return err_set(e, EINVAL,
			       "invalid log-format: %s ('text' or 'json' is needed)",
			       g->log_format);
	c.json = g->log_format && streq(g->log_format, "json");
	if (g->log && *g->log && open_log(g->log, &c, e) < 0)
		return -e->code;
	log_setup(&c);
	return 0;
}

/*
 * /run/NAME for root; $XDG_RUNTIME_DIR/NAME for others, and for a root that is
 * only root of a user namespace.
 */
static int default_root(const struct cli *cli, const char **ret,
			struct err *e)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	const char *user = getenv("USER");
	bool own = geteuid() != 0 ||
		   ((!user || !streq(user, "root")) && xdg && *xdg &&
		    host_in_userns());

	if (!own || !xdg || !*xdg) {
		*ret = arena_printf(cli->mem, "/run/%s", cli->rt.name);
		return 0;
	}
	*ret = arena_printf(cli->mem, "%s/%s", xdg, cli->rt.name);
	/* sticky: a periodic clean-up of the runtime dir must leave it alone */
	if ((mkdir(*ret, 0700) < 0 && errno != EEXIST) ||
	    chmod(*ret, 01700) < 0) {
		(void)err_errno(e, errno, "cannot make the state directory '%s'",
				*ret);
		return err_hint(e, "the path in $XDG_RUNTIME_DIR must be writable by the user");
	}
	return 0;
}

static int setup_root(const struct globals *g, struct cli *cli, struct err *e)
{
	AUTO(str) char *path = NULL;
	char cwd[4096] = "";

	if (!g->root)
		return default_root(cli, &cli->rt.root, e);
	/* a caller whose directory was removed can still use absolute paths */
	if (g->root[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return err_errno(e, errno, "cannot read the current directory");
	path = path_join(cwd, g->root);
	if (streq(path, "/"))
		return err_set(e, EINVAL,
			       "Option --root argument should not be set to /");
	cli->rt.root = arena_strdup(cli->mem, path);
	cli->rt.root_given = true;
	return 0;
}

static int setup_driver(const struct globals *g, struct runtime *rt,
			struct err *e)
{
	const char *m = g->cgroup_manager;

	rt->driver = g->systemd_cgroup ? CGROUP_SYSTEMD : CGROUP_FS;
	if (!m || streq(m, "cgroupfs"))
		return 0;
	if (streq(m, "systemd"))
		rt->driver = CGROUP_SYSTEMD;
	else if (streq(m, "disabled"))
		rt->driver = CGROUP_DISABLED;
	else
		return err_set(e, EINVAL, "unknown --cgroup-manager '%s'", m);
	return 0;
}

static int setup_rootless(const struct globals *g, struct runtime *rt,
			  struct err *e)
{
	const char *v = g->rootless;

	if (!v || !*v || streq_nocase(v, "auto"))
		return 0;
	rt->rootless.set = true;
	if (cli_parse_bool(v, &rt->rootless.v) == 0)
		return 0;
	return err_set(e, EINVAL,
		       "invalid --rootless '%s': 'true', 'false' or 'auto' is needed",
		       v);
}

static const struct cli_cmd *find_cmd(const char *name)
{
	for (size_t i = 0; cli_cmds[i]; i++)
		if (streq(cli_cmds[i]->name, name))
			return cli_cmds[i];
	return NULL;
}

/* Wrong usage: say it, show the help, as runc does. */
static int usage_failure(const char *name, const struct cli_cmd *cmd,
			 const struct err *e)
{
	printf("Incorrect Usage: %s\n\n", e->msg);
	if (cmd)
		cli_help_cmd(name, cmd);
	else
		cli_help_main(name, global_opts);
	(void)fflush(stdout);
	return fail(e, 1);
}

static int check_count(const struct cli *cli, const struct cli_cmd *cmd,
		       size_t n, struct err *e)
{
	const char *how = "exactly";
	size_t want = cmd->min_args;

	if (n >= cmd->min_args && n <= cmd->max_args)
		return 0;
	if (cmd->min_args != cmd->max_args) {
		how = n < cmd->min_args ? "a minimum of" : "a maximum of";
		want = n < cmd->min_args ? cmd->min_args : cmd->max_args;
	}
	return err_set(e, EINVAL, "%s: \"%s\" requires %s %zu argument(s)",
		       cli->rt.argv0, cmd->name, how, want);
}

/*
 * What runc says around an error. About a failing execve it says one line, which
 * callers compare as a whole.
 */
static void runc_frame(const struct cli_cmd *cmd, struct err *e)
{
	static const char *const framed[] = { "create", "run", "restore" };

	if (e->exit_code && e->code != EINTR) {
		e->hint[0] = '\0';
		return;
	}
	for (size_t i = 0; i < sizeof(framed) / sizeof(*framed); i++)
		if (streq(cmd->name, framed[i]))
			(void)err_wrap(e, "runc %s failed", cmd->name);
}

/* --id stands for the first word of the commands that have one. */
static void prepend_id(const struct cli *cli, const struct cli_cmd *cmd,
		       struct cli_args *args)
{
	const char **v;

	if (!cli->id || cmd->min_args == 0)
		return;
	v = arena_array(cli->mem, args->n + 2, sizeof(*v));
	v[0] = cli->id;
	for (size_t i = 0; i < args->n; i++)
		v[i + 1] = args->v[i];
	*args = (struct cli_args){ v, args->n + 1 };
}

/*
 * A signal that was held back until everything was cleaned up: a shell that runs
 * us in a loop stops only if we die of it.
 */
static void die_of(int sig)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, sig);
	(void)sigaction(sig, &dfl, NULL);
	(void)raise(sig);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int run_cmd(const struct cli *cli, const struct cli_cmd *cmd, int argc,
		   char **argv)
{
	struct err e = ERR_INIT;
	struct cli_args args = { NULL, 0 };
	void *opts = arena_alloc(cli->mem, cmd->opts_size);
	bool help = false;
	enum cli_stop stop = cli->id && cmd->stop == CLI_STOP_ID ?
				     CLI_STOP_COMMAND : cmd->stop;
	int r = cli_parse(cli->mem, cmd->opts, stop, argc, argv, opts, &args,
			  &help, &e);

	if (help) {
		cli_help_cmd(cli->rt.name, cmd);
		return 0;
	}
	prepend_id(cli, cmd, &args);
	if (r < 0 || check_count(cli, cmd, args.n, &e) < 0)
		return usage_failure(cli->rt.name, cmd, &e);
	r = cmd->run(cli, opts, &args, &e);
	if (r >= 0 && fflush(stdout) != 0)
		r = err_errno(&e, errno, "cannot write to the standard output");
	if (r >= 0)
		return r;
	if (runtime_is_runc(&cli->rt))
		runc_frame(cmd, &e);
	r = fail(&e, cmd->error_exit);
	if (e.code == EINTR && r > 128)
		die_of(r - 128);
	return r;
}

static int unknown_command(const char *word)
{
	/* what other programs call it */
	static const char *const other[][2] = {
		{ "rm", "delete" }, { "stop", "kill" }, { "ls", "list" },
		{ "inspect", "state" }, { "status", "state" },
		{ "unpause", "resume" }, { "stats", "events" },
		{ "top", "ps" }, { "version", "--version" },
	};
	const char *near = NULL;
	unsigned int best = UINT_MAX;
	struct err e = ERR_INIT;

	for (size_t i = 0; cli_cmds[i]; i++) {
		unsigned int d = name_distance(cli_cmds[i]->name, word);

		if (d < best) {
			best = d;
			near = cli_cmds[i]->name;
		}
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (streq(other[i][0], word))
			near = other[i][1];
	(void)err_set(&e, EINVAL, "No help topic for '%s'", word);
	if (near)
		(void)err_hint(&e, "did you mean '%s'?", near);
	return fail(&e, 3);
}

static int help_topic(const char *name, const struct cli_args *args, size_t at)
{
	const struct cli_cmd *cmd;

	if (args->n <= at) {
		cli_help_main(name, global_opts);
		return 0;
	}
	cmd = find_cmd(args->v[at]);
	if (cmd) {
		cli_help_cmd(name, cmd);
		return 0;
	}
	return unknown_command(args->v[at]);
}

/* A test that misspells a protection would test nothing. */
static int check_unprotect(struct err *e)
{
#ifdef OCIRUN_FAULTS
	size_t n = 0;
	const char *unknown = protection_unknown(&n);

	if (unknown)
		return err_set(e, EINVAL, "no protection '%.*s' to switch off",
			       (int)n, unknown);
#endif
	(void)e;
	return 0;
}

int main(int argc, char **argv)
{
	struct globals g = { 0 };
	AUTO(arena) struct arena mem = { 0 };
	struct cli cli = { .mem = &mem };
	struct cli_args args = { NULL, 0 };
	struct err e = ERR_INIT;
	bool help = false;
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

#ifdef OCIRUN_FAULTS
	/* where a debug build does without the sealed copy of init's own program */
	struct nsx_init nsx;

	if (nsx_init_get(&nsx))
		return init_main(&nsx);
#endif
	mem_begin();
	cli.rt.inherited_fds = check_inherited();
	(void)sigaction(SIGPIPE, &ignore, NULL);
	cli.rt.init_image = init_image;
	cli.rt.init_image_size = (size_t)init_image_size;
	cli.rt.argv0 = argc > 0 ? argv[0] : PACKAGE_NAME;
	cli.rt.name = streq(base_name(cli.rt.argv0), "runc") ? "runc" :
							       PACKAGE_NAME;
	int r = cli_parse(&mem, global_opts, CLI_STOP_COMMAND, argc, argv, &g,
			  &args, &help, &e);

	if (help || (r == 0 && !g.version && args.n == 0)) {
		cli_help_main(cli.rt.name, global_opts);
		return 0;
	}
	if (r < 0)
		return usage_failure(cli.rt.name, NULL, &e);
	if (g.version) {
		print_version(cli.rt.name);
		return 0;
	}
	if (streq(args.v[0], "help") || streq(args.v[0], "h"))
		return help_topic(cli.rt.name, &args, 1);
	cli.rt.debug = g.debug ||
		       (g.log_level && streq_nocase(g.log_level, "debug"));
	cli.id = g.id && *g.id ? g.id : NULL;
	cli.rt.criu = g.criu;
	cli.rt.strict = g.strict;
	const struct cli_cmd *cmd = find_cmd(args.v[0]);

	if (!cmd)
		return help_topic(cli.rt.name, &args, 0);
	if (check_unprotect(&e) < 0 || setup_log(&g, &e) < 0 || setup_root(&g, &cli, &e) < 0 ||
	    setup_driver(&g, &cli.rt, &e) < 0 || setup_rootless(&g, &cli.rt, &e) < 0)
		return fail(&e, 1);
	/* args.v[0] is the command: it stands where a program name would */
	return run_cmd(&cli, cmd, (int)args.n, (char **)(uintptr_t)args.v);
}
