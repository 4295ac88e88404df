/* SPDX-License-Identifier: Apache-2.0 */
/* restore: options only. */
#include "config.h"
#include "cli/commands.h"

#include "cli/paths.h"
#include "config/spec.h"
#include "runtime/checkpoint.h"

#include "base/banned.h"

struct restore_flags {
	const char *console_socket, *console, *image_path, *work_path,
		*cgroups_mode, *bundle, *pid_file, *lsm_profile,
		*lsm_mount_context, *network_lock, *config;
	struct str_list empty_ns;
	bool tcp_established, tcp_close, ext_unix_sk, shell_job, file_locks, detach,
		no_subreaper, no_pivot, auto_dedup, lazy_pages;
};

#define O(field) offsetof(struct restore_flags, field)
static const struct cli_opt restore_opts[] = {
	{ "console-socket", 0, CLI_STRING, O(console_socket),
	  "path to an AF_UNIX socket which will receive the master of the console's pty" },
	{ "image-path", 0, CLI_STRING, O(image_path),
	  "path to criu image files for restoring (default: 'checkpoint' in the current directory)" },
	{ "work-path", 0, CLI_STRING, O(work_path),
	  "path for saving work files and logs (default: the image path)" },
	{ "tcp-established", 0, CLI_SWITCH, O(tcp_established),
	  "allow open tcp connections" },
	{ "tcp-close", 0, CLI_SWITCH, O(tcp_close),
	  "restore tcp connections as closed ones" },
	{ "ext-unix-sk", 0, CLI_SWITCH, O(ext_unix_sk),
	  "allow external unix sockets" },
	{ "shell-job", 0, CLI_SWITCH, O(shell_job), "allow shell jobs" },
	{ "file-locks", 0, CLI_SWITCH, O(file_locks),
	  "handle file locks, for safety" },
	{ "manage-cgroups-mode", 0, CLI_STRING, O(cgroups_mode),
	  "cgroups mode: soft|full|strict|ignore (default: soft)" },
	{ "network-lock", 0, CLI_STRING, O(network_lock),
	  "how connections are held meanwhile: iptables|nftables|skip (default: criu's)" },
	{ "bundle", 'b', CLI_STRING, O(bundle),
	  "path to the root of the bundle directory (default: current directory)" },
	{ "detach", 'd', CLI_SWITCH, O(detach),
	  "detach from the container's process" },
	{ "pid-file", 0, CLI_STRING, O(pid_file),
	  "file to write the process id to" },
	{ "no-subreaper", 0, CLI_SWITCH, O(no_subreaper),
	  "do not become the subreaper of the container's processes" },
	{ "no-pivot", 0, CLI_SWITCH, O(no_pivot),
	  "accepted as with run: criu decides how the root is entered" },
	{ "empty-ns", 0, CLI_LIST, O(empty_ns),
	  "create a namespace, but don't restore its properties" },
	{ "auto-dedup", 0, CLI_SWITCH, O(auto_dedup),
	  "enable auto deduplication of memory images" },
	{ "lazy-pages", 0, CLI_SWITCH, O(lazy_pages),
	  "use userfaultfd to lazily restore memory pages" },
	{ "lsm-profile", 0, CLI_STRING, O(lsm_profile),
	  "specify an LSM profile to be used during restore in the form of TYPE:NAME" },
	{ "lsm-mount-context", 0, CLI_STRING, O(lsm_mount_context),
	  "specify an LSM mount context to be used during restore" },
	{ "config", 'f', CLI_STRING, O(config), NULL },
	{ "console", 0, CLI_STRING, O(console), NULL },
	{ 0 },
};
#undef O

static int make_absolute(const struct cli *cli, struct restore_flags *f,
			 struct criu_flags *flags, struct err *e)
{
	if (cli_absolute(cli, &flags->image_path, e) < 0 ||
	    cli_absolute(cli, &flags->work_path, e) < 0 ||
	    cli_absolute(cli, &f->pid_file, e) < 0 ||
	    cli_absolute(cli, &f->console_socket, e) < 0)
		return -e->code;
	return 0;
}

static int run_restore(const struct cli *cli, void *opts,
		       const struct cli_args *args, struct err *e)
{
	struct restore_flags *f = opts;
	struct criu_flags flags = {
		.image_path = cli_given(f->image_path) ? f->image_path :
							 "checkpoint",
		.work_path = cli_given(f->work_path),
		.cgroups_mode = cli_given(f->cgroups_mode),
		.network_lock = cli_given(f->network_lock),
		.lsm_profile = cli_given(f->lsm_profile),
		.lsm_mount_context = cli_given(f->lsm_mount_context),
		.empty_ns = f->empty_ns,
		.status_fd = -1,
		.lazy_pages = f->lazy_pages,
		.auto_dedup = f->auto_dedup,
		.tcp_established = f->tcp_established,
		.tcp_close = f->tcp_close,
		.ext_unix_sk = f->ext_unix_sk,
		.shell_job = f->shell_job,
		.file_locks = f->file_locks,
	};
	struct create_opts o = { .id = args->v[0] };
	int status = 0;

	if (make_absolute(cli, f, &flags, e) < 0 ||
	    cli_enter_bundle(cli, f->bundle, &o.bundle, e) < 0)
		return -e->code;
	o.p = (struct process_opts){
		.rt = &cli->rt,
		.pid_file = cli_given(f->pid_file),
		.console_socket = cli_given(f->console_socket),
		.detach = f->detach,
	};
	o.config = cli_given(f->config) ? f->config : "config.json";
	o.no_pivot = f->no_pivot;
	o.no_subreaper = f->no_subreaper;
	if (container_restore(&o, &flags, &status, e) < 0)
		return -e->code;
	return status;
}

const struct cli_cmd cmd_restore = {
	"restore", "<container-id>",
	"restore a container from a previous checkpoint", restore_opts,
	sizeof(struct restore_flags), 1, 1, CLI_STOP_NEVER, 1, run_restore,
};
