/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint: options only. */
#include "config.h"
#include "cli/commands.h"

#include "base/str.h"
#include "cli/paths.h"
#include "config/spec.h"
#include "runtime/checkpoint.h"

#include <errno.h>

#include "base/banned.h"

struct checkpoint_flags {
	const char *image_path, *work_path, *parent_path, *status_fd, *page_server,
		*cgroups_mode, *network_lock;
	struct str_list empty_ns;
	bool leave_running, tcp_established, tcp_skip_in_flight, link_remap,
		ext_unix_sk, shell_job, lazy_pages, file_locks, pre_dump,
		auto_dedup;
};

#define O(field) offsetof(struct checkpoint_flags, field)
static const struct cli_opt checkpoint_opts[] = {
	{ "image-path", 0, CLI_STRING, O(image_path),
	  "path for saving criu image files (default: 'checkpoint' in the current directory)" },
	{ "work-path", 0, CLI_STRING, O(work_path),
	  "path for saving work files and logs (default: the image path)" },
	{ "parent-path", 0, CLI_STRING, O(parent_path),
	  "path for previous criu image files in pre-dump, relative to the image path" },
	{ "leave-running", 0, CLI_SWITCH, O(leave_running),
	  "leave the process running after checkpointing" },
	{ "tcp-established", 0, CLI_SWITCH, O(tcp_established),
	  "allow open tcp connections" },
	{ "tcp-skip-in-flight", 0, CLI_SWITCH, O(tcp_skip_in_flight),
	  "skip in-flight tcp connections" },
	{ "link-remap", 0, CLI_SWITCH, O(link_remap),
	  "allow one to link unlinked files back when possible" },
	{ "ext-unix-sk", 0, CLI_SWITCH, O(ext_unix_sk),
	  "allow external unix sockets" },
	{ "shell-job", 0, CLI_SWITCH, O(shell_job), "allow shell jobs" },
	{ "lazy-pages", 0, CLI_SWITCH, O(lazy_pages),
	  "use userfaultfd to lazily restore memory pages" },
	{ "status-fd", 0, CLI_STRING, O(status_fd),
	  "criu writes \\0 to this FD once lazy-pages is ready" },
	{ "page-server", 0, CLI_STRING, O(page_server),
	  "ADDRESS:PORT of the page server" },
	{ "file-locks", 0, CLI_SWITCH, O(file_locks),
	  "handle file locks, for safety" },
	{ "pre-dump", 0, CLI_SWITCH, O(pre_dump),
	  "dump container's memory information only, leave the container running after this" },
	{ "manage-cgroups-mode", 0, CLI_STRING, O(cgroups_mode),
	  "cgroups mode: soft|full|strict|ignore (default: soft)" },
	{ "network-lock", 0, CLI_STRING, O(network_lock),
	  "how connections are held meanwhile: iptables|nftables|skip (default: criu's)" },
	{ "empty-ns", 0, CLI_LIST, O(empty_ns),
	  "create a namespace, but don't restore its properties" },
	{ "auto-dedup", 0, CLI_SWITCH, O(auto_dedup),
	  "enable auto deduplication of memory images" },
	{ 0 },
};
#undef O

/* "-1" is how runc's callers write "none". */
static int parse_fd(const char *text, int *ret, struct err *e)
{
	*ret = -1;
	if (!cli_given(text))
		return 0;
	if (parse_int(text, ret) < 0 || *ret < -1)
		return err_set(e, EINVAL,
			       "invalid value \"%s\" for flag -status-fd: the number of a descriptor is needed",
			       text);
	return 0;
}

static int run_checkpoint(const struct cli *cli, void *opts,
			  const struct cli_args *args, struct err *e)
{
	struct checkpoint_flags *f = opts;
	struct criu_flags flags = {
		.image_path = cli_given(f->image_path) ? f->image_path :
							 "checkpoint",
		.work_path = cli_given(f->work_path),
		.parent_path = cli_given(f->parent_path),
		.page_server = cli_given(f->page_server),
		.cgroups_mode = cli_given(f->cgroups_mode),
		.network_lock = cli_given(f->network_lock),
		.empty_ns = f->empty_ns,
		.leave_running = f->leave_running,
		.pre_dump = f->pre_dump,
		.lazy_pages = f->lazy_pages,
		.auto_dedup = f->auto_dedup,
		.tcp_established = f->tcp_established,
		.tcp_skip_in_flight = f->tcp_skip_in_flight,
		.ext_unix_sk = f->ext_unix_sk,
		.shell_job = f->shell_job,
		.file_locks = f->file_locks,
		.link_remap = f->link_remap,
	};

	if (parse_fd(f->status_fd, &flags.status_fd, e) < 0 ||
	    cli_absolute(cli, &flags.image_path, e) < 0 ||
	    cli_absolute(cli, &flags.work_path, e) < 0)
		return -e->code;
	return container_checkpoint(&cli->rt, args->v[0], &flags, e);
}

const struct cli_cmd cmd_checkpoint = {
	"checkpoint", "<container-id>", "checkpoint a running container",
	checkpoint_opts, sizeof(struct checkpoint_flags), 1, 1, CLI_STOP_NEVER, 1,
	run_checkpoint,
};
