/* SPDX-License-Identifier: Apache-2.0 */
/* The commands: option tables, and what they hand to runtime/. No logic. */
#include "config.h"
#include "cli/commands.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/paths.h"
#include "config/spec.h"
#include "config/spec_default.h"
#include "runtime/create.h"
#include "runtime/delete.h"
#include "runtime/exec.h"
#include "runtime/kill.h"
#include "runtime/match.h"
#include "runtime/run.h"
#include "runtime/show.h"
#include "runtime/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/banned.h"

#define CGROUP2_MAGIC 0x63677270

/* ---- create, run --------------------------------------------------------- */

struct create_flags {
	const char *bundle, *console_socket, *console, *pidfd_socket, *pid_file,
		*config;
	bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
	uint32_t preserve_fds;
};

#define O(field) offsetof(struct create_flags, field)
#define CREATE_OPTS                                                            \
	{ "bundle", 'b', CLI_STRING, O(bundle),                                \
	  "path to the root of the bundle directory (default: current directory)" }, \
	{ "console-socket", 0, CLI_STRING, O(console_socket),                  \
	  "path to an AF_UNIX socket which will receive the master of the console's pty" }, \
	{ "pidfd-socket", 0, CLI_STRING, O(pidfd_socket),                      \
	  "path to an AF_UNIX socket which will receive a pidfd of the init process" }, \
	{ "pid-file", 0, CLI_STRING, O(pid_file),                              \
	  "file to write the process id to" },                                 \
	{ "no-pivot", 0, CLI_SWITCH, O(no_pivot),                              \
	  "do not use pivot_root to jail the process (e.g. on a ramdisk)" },   \
	{ "no-new-keyring", 0, CLI_SWITCH, O(no_new_keyring),                  \
	  "do not create a new session keyring" },                             \
	{ "preserve-fds", 0, CLI_U32, O(preserve_fds),                         \
	  "pass N additional file descriptors to the container" },             \
	{ "config", 'f', CLI_STRING, O(config),                                \
	  "file name of the configuration in the bundle (default: config.json)" }, \
	{ "console", 0, CLI_STRING, O(console), NULL },                        \
	{ "no-subreaper", 0, CLI_SWITCH, O(no_subreaper),                      \
	  "do not become the subreaper of the container's processes" }

static const struct cli_opt create_opts[] = { CREATE_OPTS, { 0 } };
static const struct cli_opt run_opts[] = {
	CREATE_OPTS,
	{ "detach", 'd', CLI_SWITCH, O(detach),
	  "detach from the container's process" },
	{ "keep", 0, CLI_SWITCH, O(keep),
	  "do not delete the container after it exits" },
	{ 0 },
};
#undef O

static int fill_create(struct create_opts *ret, const struct cli *cli,
		       struct create_flags *f, const char *id, struct err *e)
{
	const char *bundle;

	if (cli_absolute(cli, &f->pid_file, e) < 0 ||
	    cli_absolute(cli, &f->console_socket, e) < 0 ||
	    cli_absolute(cli, &f->console, e) < 0 ||
	    cli_absolute(cli, &f->pidfd_socket, e) < 0)
		return -e->code;
	if (cli_enter_bundle(cli, f->bundle, &bundle, e) < 0)
		return -e->code;
	*ret = (struct create_opts){
		.p = { .rt = &cli->rt,
		       .pid_file = cli_given(f->pid_file),
		       .console_socket = cli_given(f->console_socket),
		       .console = cli_given(f->console),
		       .pidfd_socket = cli_given(f->pidfd_socket),
		       .detach = f->detach,
		       .preserve_fds = f->preserve_fds,
		       .listen_fds = cli_listen_fds(&cli->rt) },
		.id = id,
		.bundle = bundle,
		.config = cli_given(f->config) ? f->config : "config.json",
		.no_pivot = f->no_pivot,
		.no_new_keyring = f->no_new_keyring,
		.keep = f->keep,
		.no_subreaper = f->no_subreaper,
	};
	return 0;
}

static int cmd_create(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	AUTO(creation) struct creation cr = CREATION_INIT;
	struct create_flags *f = opts;
	struct create_opts o;

	f->detach = true;
	if (fill_create(&o, cli, f, args->v[0], e) < 0)
		return -e->code;
	if (creation_begin(&cr, &o, e) < 0 || container_load(&cr, &o, e) < 0)
		return -e->code;
	return container_create(&cr, VERB_CREATE, e);
}

static int cmd_run(const struct cli *cli, void *opts,
		   const struct cli_args *args, struct err *e)
{
	struct create_opts o;
	int status = 0;

	if (fill_create(&o, cli, opts, args->v[0], e) < 0 ||
	    container_run(&o, &status, e) < 0)
		return -e->code;
	return status;
}

static const struct cli_cmd create_cmd = {
	"create", "<container-id>", "create a container", create_opts,
	sizeof(struct create_flags), 1, 1, CLI_STOP_NEVER, 1, cmd_create,
};
static const struct cli_cmd run_cmd = {
	"run", "<container-id>", "create and run a container", run_opts,
	sizeof(struct create_flags), 1, 1, CLI_STOP_NEVER, 1, cmd_run,
};

/* ---- start, state, kill, delete, list ------------------------------------- */

static const struct cli_opt no_opts[] = { { 0 } };

/*
 * Until runc 1.0.0-rc1, start was what run is now, and callers of that time say so
 * by its options or by --id.
 */
#define O(field) offsetof(struct create_flags, field)
static const struct cli_opt start_opts[] = {
	{ "bundle", 'b', CLI_STRING, O(bundle), NULL },
	{ "console", 0, CLI_STRING, O(console), NULL },
	{ "console-socket", 0, CLI_STRING, O(console_socket), NULL },
	{ "detach", 'd', CLI_SWITCH, O(detach), NULL },
	{ "pid-file", 0, CLI_STRING, O(pid_file), NULL },
	{ "no-pivot", 0, CLI_SWITCH, O(no_pivot), NULL },
	{ "no-subreaper", 0, CLI_SWITCH, O(no_subreaper), NULL },
	{ 0 },
};
#undef O

static bool starts_bundle(const struct cli *cli, const struct create_flags *f)
{
	return cli->id || f->bundle || f->console || f->console_socket ||
	       f->detach || f->pid_file || f->no_pivot || f->no_subreaper;
}

static int cmd_start(const struct cli *cli, void *opts,
		     const struct cli_args *args, struct err *e)
{
	if (starts_bundle(cli, opts))
		return cmd_run(cli, opts, args, e);
	return container_start(&cli->rt, args->v[0], e);
}

static int cmd_state(const struct cli *cli, void *opts,
		     const struct cli_args *args, struct err *e)
{
	AUTO(strbuf) struct str out = { 0 };

	(void)opts;
	if (container_show(&cli->rt, args->v[0], &out, e) < 0)
		return -e->code;
	(void)fwrite(out.p, 1, out.len, stdout);
	return 0;
}

struct kill_flags { bool all, regex; };
#define O(field) offsetof(struct kill_flags, field)
static const struct cli_opt kill_opts[] = {
	{ "all", 'a', CLI_SWITCH, O(all),
	  "send the signal to all processes of the container" },
	{ "regex", 'r', CLI_SWITCH, O(regex),
	  "the id is a regular expression: all containers that it matches" },
	{ 0 },
};
#undef O

/* What one container of many is killed or deleted with. */
struct each {
	const struct cli *cli;
	const char *signame;
	bool flag;
};

static int kill_one(void *arg, const char *id, struct err *e)
{
	const struct each *x = arg;

	return container_kill(&x->cli->rt, id, x->signame, x->flag, e);
}

static int delete_one(void *arg, const char *id, struct err *e)
{
	const struct each *x = arg;

	return container_delete(&x->cli->rt, id, x->flag, e);
}

static int for_matching(struct each *x, const char *pattern,
			int (*fn)(void *arg, const char *id, struct err *e),
			struct err *e)
{
	struct str_list ids;

	if (containers_match(&x->cli->rt, pattern, x->cli->mem, &ids, e) < 0)
		return -e->code;
	return containers_each(&ids, fn, x, e);
}

static int cmd_kill(const struct cli *cli, void *opts,
		    const struct cli_args *args, struct err *e)
{
	const struct kill_flags *f = opts;
	struct each x = { cli, args->n > 1 ? args->v[1] : "SIGTERM", f->all };

	if (f->regex)
		return for_matching(&x, args->v[0], kill_one, e);
	return kill_one(&x, args->v[0], e);
}

struct delete_flags { bool force, regex; };
#define O(field) offsetof(struct delete_flags, field)
static const struct cli_opt delete_opts[] = {
	{ "force", 'f', CLI_SWITCH, O(force),
	  "kill the container (SIGKILL) if it is still running, and clean up whatever a start that died left behind" },
	{ "regex", 'r', CLI_SWITCH, O(regex),
	  "the id is a regular expression: all containers that it matches" },
	{ 0 },
};
#undef O

static int cmd_delete(const struct cli *cli, void *opts,
		      const struct cli_args *args, struct err *e)
{
	const struct delete_flags *f = opts;
	struct each x = { cli, NULL, f->force };

	if (f->regex)
		return for_matching(&x, args->v[0], delete_one, e);
	return delete_one(&x, args->v[0], e);
}

struct list_flags { const char *format; bool quiet; };
static const struct cli_opt list_opts[] = {
	{ "format", 'f', CLI_STRING, offsetof(struct list_flags, format),
	  "select one of: table (default) or json" },
	{ "quiet", 'q', CLI_SWITCH, offsetof(struct list_flags, quiet),
	  "display only container IDs" },
	{ 0 },
};

static int cmd_list(const struct cli *cli, void *opts,
		    const struct cli_args *args, struct err *e)
{
	const struct list_flags *f = opts;
	AUTO(strbuf) struct str out = { 0 };
	enum list_format format = LIST_TABLE;

	(void)args;
	if (f->quiet)
		format = LIST_QUIET;
	else if (f->format && streq(f->format, "json"))
		format = LIST_JSON;
	else if (f->format && *f->format && !streq(f->format, "table"))
		return err_set(e, EINVAL,
			       "invalid format option: '%s' ('table' or 'json' is needed)",
			       f->format);
	if (containers_list(&cli->rt, format, &out, e) < 0)
		return -e->code;
	if (out.len > 0)
		(void)fwrite(out.p, 1, out.len, stdout);
	return 0;
}

static const struct cli_cmd start_cmd = {
	"start", "<container-id>",
	"executes the user defined process in a created container", start_opts,
	sizeof(struct create_flags), 1, 1, CLI_STOP_NEVER, 1, cmd_start,
};
static const struct cli_cmd state_cmd = {
	"state", "<container-id>", "output the state of a container", no_opts, 0,
	1, 1, CLI_STOP_NEVER, 1, cmd_state,
};
static const struct cli_cmd kill_cmd = {
	"kill", "<container-id> [signal]",
	"kill sends the specified signal (default: SIGTERM) to the container's init process",
	kill_opts, sizeof(struct kill_flags), 1, 2, CLI_STOP_ID, 1, cmd_kill,
};
static const struct cli_cmd delete_cmd = {
	"delete", "<container-id>",
	"delete any resources held by the container", delete_opts,
	sizeof(struct delete_flags), 1, 1, CLI_STOP_NEVER, 1, cmd_delete,
};
static const struct cli_cmd list_cmd = {
	"list", "", "lists containers started with the given root", list_opts,
	sizeof(struct list_flags), 0, 0, CLI_STOP_NEVER, 1, cmd_list,
};

/* ---- exec ------------------------------------------------------------------ */

struct exec_flags {
	const char *console_socket, *console, *pidfd_socket, *cwd, *user,
		*process, *pid_file, *process_label, *apparmor;
	struct str_list env, gids, caps, cgroups;
	struct opt_bool no_new_privs;
	bool tty, detach, ignore_paused;
	uint32_t preserve_fds;
};

#define O(field) offsetof(struct exec_flags, field)
static const struct cli_opt exec_opts[] = {
	{ "console-socket", 0, CLI_STRING, O(console_socket),
	  "path to an AF_UNIX socket which will receive the master of the console's pty" },
	{ "pidfd-socket", 0, CLI_STRING, O(pidfd_socket),
	  "path to an AF_UNIX socket which will receive a pidfd of the process" },
	{ "cwd", 0, CLI_STRING, O(cwd), "current working directory in the container" },
	{ "env", 'e', CLI_LIST, O(env), "set environment variables" },
	{ "tty", 't', CLI_SWITCH, O(tty), "allocate a pseudo-TTY" },
	{ "user", 'u', CLI_STRING, O(user), "UID (format: <uid>[:<gid>])" },
	{ "additional-gids", 'g', CLI_LIST, O(gids), "additional gids" },
	{ "process", 'p', CLI_STRING, O(process), "path to the process.json" },
	{ "detach", 'd', CLI_SWITCH, O(detach),
	  "detach from the container's process" },
	{ "pid-file", 0, CLI_STRING, O(pid_file), "file to write the process id to" },
	{ "process-label", 0, CLI_STRING, O(process_label),
	  "set the asm process label for the process commonly used with selinux" },
	{ "apparmor", 0, CLI_STRING, O(apparmor),
	  "set the apparmor profile for the process" },
	{ "no-new-privs", 0, CLI_TRISTATE, O(no_new_privs),
	  "set the no new privileges value for the process" },
	{ "cap", 'c', CLI_LIST, O(caps),
	  "add a capability to the bounding set for the process" },
	{ "preserve-fds", 0, CLI_U32, O(preserve_fds),
	  "pass N additional file descriptors to the container" },
	{ "cgroup", 0, CLI_LIST, O(cgroups),
	  "run the process in an (existing) sub-cgroup(s)" },
	{ "ignore-paused", 0, CLI_SWITCH, O(ignore_paused),
	  "allow exec in a paused container" },
	{ "console", 0, CLI_STRING, O(console), NULL },
	{ "no-subreaper", 0, CLI_IGNORED_SWITCH, 0, NULL },
	{ 0 },
};
#undef O

static int cmd_exec(const struct cli *cli, void *opts,
		    const struct cli_args *args, struct err *e)
{
	struct exec_flags *f = opts;
	int status = 0;

	if (cli_absolute(cli, &f->pid_file, e) < 0)
		return -e->code;
	struct exec_opts o = {
		.p = { .rt = &cli->rt,
		       .pid_file = cli_given(f->pid_file),
		       .console_socket = cli_given(f->console_socket),
		       .console = cli_given(f->console),
		       .pidfd_socket = cli_given(f->pidfd_socket),
		       .detach = f->detach,
		       .preserve_fds = f->preserve_fds },
		.id = args->v[0],
		.process = cli_given(f->process),
		.args = { args->v + 1, args->n - 1 },
		.cwd = cli_given(f->cwd),
		.user = cli_given(f->user),
		.env = f->env,
		.caps = f->caps,
		.additional_gids = f->gids,
		.cgroups = f->cgroups,
		.tty = f->tty,
		.no_new_privs = f->no_new_privs,
		.process_label = cli_given(f->process_label),
		.apparmor = cli_given(f->apparmor),
		.ignore_paused = f->ignore_paused,
	};

	if (container_exec(&o, &status, e) < 0)
		return -e->code;
	return status;
}

static const struct cli_cmd exec_cmd = {
	"exec", "<container-id> <command> [command options] || -p process.json <container-id>",
	"execute new process inside the container", exec_opts,
	sizeof(struct exec_flags), 1, SIZE_MAX, CLI_STOP_ID, 255, cmd_exec,
};

/* ---- spec -------------------------------------------------------------------- */

struct spec_flags { const char *bundle, *file; bool rootless; };
static const struct cli_opt spec_opts[] = {
	{ "bundle", 'b', CLI_STRING, offsetof(struct spec_flags, bundle),
	  "path to the root of the bundle directory" },
	{ "file", 'f', CLI_STRING, offsetof(struct spec_flags, file),
	  "name of the file to write (default: config.json)" },
	{ "rootless", 0, CLI_SWITCH, offsetof(struct spec_flags, rootless),
	  "generate a configuration for a rootless container" },
	{ 0 },
};

static int cmd_spec(const struct cli *cli, void *opts,
		    const struct cli_args *args, struct err *e)
{
	const struct spec_flags *f = opts;
	const char *name = cli_given(f->file) ? f->file : "config.json";
	struct statfs fs;
	struct spec_default_opts d = {
		.rootless = f->rootless,
		.cgroup_ns = statfs("/sys/fs/cgroup", &fs) == 0 &&
			     fs.f_type == CGROUP2_MAGIC,
		.hostname = cli->rt.name,
		.euid = geteuid(),
		.egid = getegid(),
	};
	AUTO(str) char *text = NULL;

	(void)args;
	if (f->bundle && *f->bundle && chdir(f->bundle) < 0)
		return err_errno(e, errno, "cannot enter '%s'", f->bundle);
	AUTO(fd) int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			       0666);

	if (fd < 0 && errno == EEXIST)
		return err_set(e, EEXIST, "File %s exists. Remove it first",
			       name);
	if (fd < 0)
		return err_errno(e, errno, "cannot write '%s'", name);
	text = spec_default_json(&d);
	int r = fd_write_full(fd, text, strlen(text));

	if (r < 0) {
		/* half a config helps nobody, and would be in the way */
		(void)unlink(name);
		return err_errno(e, -r, "cannot write '%s'", name);
	}
	return 0;
}

static const struct cli_cmd spec_cmd = {
	"spec", "", "create a new specification file", spec_opts,
	sizeof(struct spec_flags), 0, 0, CLI_STOP_NEVER, 1, cmd_spec,
};

const struct cli_cmd *const cli_cmds[] = {
	&cmd_checkpoint, &create_cmd, &delete_cmd, &cmd_events, &exec_cmd,
	&cmd_features,	 &kill_cmd,   &list_cmd,   &cmd_mounts, &cmd_pause,
	&cmd_ps,	 &cmd_restore, &cmd_resume, &run_cmd,	&spec_cmd,
	&start_cmd,	 &state_cmd,  &cmd_update, NULL,
};
