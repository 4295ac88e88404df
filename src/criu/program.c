/* SPDX-License-Identifier: Apache-2.0 */
/* Asking criu about itself: version, features, whether the host will do. */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

#include "base/banned.h"

#define CHECK_MS (20 * 1000)

bool criu_built_in(void)
{
	return true;
}

int criu_find(const char *given, char **ret, struct err *e)
{
	const char *name = given && *given ? given : "criu";

	if (strchr(name, '/')) {
		if (access(name, X_OK) < 0)
			return err_errno(e, errno, "cannot use --criu '%s'", name);
		*ret = xstrdup(name);
		return 0;
	}
	if (proc_find(name, ret) == 0)
		return 0;
	(void)err_set(e, ENOENT, "exec: \"%s\": executable file not found in $PATH",
		      name);
	return err_hint(e, "checkpoint and restore need criu; --criu names one that is elsewhere");
}

int criu_version(const char *program, int *ret, struct err *e)
{
	CriuRpc__Request req = CRIU_RPC__REQUEST__INIT;
	AUTO(criu_reply) CriuRpc__Reply *r = NULL;
	int v;

	req.type = CRIU_VERSION;
	if (criu_ask(program, &req, &r, e) < 0) {
		(void)err_wrap(e, "CRIU version check failed");
		return err_hint(e, "criu 3.0 is the oldest that can be asked");
	}
	if (!r->version || r->version->major_number < 0 ||
	    r->version->major_number > 1000 || r->version->minor_number < 0 ||
	    r->version->minor_number > 1000)
		return err_set(e, EPROTO, "criu does not say its version");
	v = r->version->major_number * 10000 + r->version->minor_number * 100;
	if (r->version->has_sublevel)
		v += r->version->sublevel;
	/* between two releases: as good as the next */
	if (r->version->gitid && *r->version->gitid)
		v = v - v % 100 + 100;
	log_debug("criu '%s' has version %d", program, v);
	if (v < CRIU_OLDEST)
		return err_set(e, EOPNOTSUPP,
			       "CRIU version %d must be %d or higher", v,
			       CRIU_OLDEST);
	*ret = v;
	return 0;
}

int criu_needs_features(const char *program, bool mem_track, bool lazy_pages,
			struct err *e)
{
	CriuRpc__Request req = CRIU_RPC__REQUEST__INIT;
	CriuRpc__Features want = CRIU_RPC__FEATURES__INIT;
	AUTO(criu_reply) CriuRpc__Reply *r = NULL;

	want.has_mem_track = want.mem_track = mem_track;
	want.has_lazy_pages = want.lazy_pages = lazy_pages;
	req.type = CRIU_FEATURES;
	req.features = &want;
	if (criu_ask(program, &req, &r, e) < 0)
		return err_wrap(e, "CRIU feature check failed");
	const CriuRpc__Features *have = r->features;

	if (mem_track && have && have->has_mem_track && !have->mem_track) {
		(void)err_set(e, EOPNOTSUPP, "CRIU is missing features: [MemTrack]");
		return err_hint(e, "memory cannot be tracked here: the kernel needs CONFIG_MEM_SOFT_DIRTY");
	}
	if (lazy_pages && have && have->has_lazy_pages && !have->lazy_pages) {
		(void)err_set(e, EOPNOTSUPP, "CRIU is missing features: [LazyPages]");
		return err_hint(e, "the kernel needs userfaultfd(2), or criu support for it");
	}
	return 0;
}

/* The last line that says something, without its time. */
static const char *last_words(char *text)
{
	const char *found = NULL;

	for (char *line = text; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (strstr(line, "Error") || strstr(line, "Warn"))
			found = line;
		line = end ? end + 1 : NULL;
	}
	return found;
}

void criu_explain_host(const char *program, struct err *e)
{
	char name[] = "criu", check[] = "check", v[] = "-v4";
	char *argv[] = { name, check, v, NULL };
	const struct proc_run run = {
		.path = program, .argv = argv, .envp = environ, .cwd_fd = -1,
		.out_fd = -1, .err_fd = -1, .deadline = deadline_in_ms(CHECK_MS),
	};
	struct proc_result res = { 0 };

	if (proc_run(&run, &res) < 0)
		return;
	if (res.timed_out || res.exec_errno || res.status != 0) {
		const char *why = res.err ? last_words(res.err) : NULL;

		if (!why && res.out)
			why = last_words(res.out);
		(void)err_hint(e, "'criu check' finds that it does not work with this kernel%s%s",
			       why ? ": " : "", why ? why : "");
	}
	proc_result_free(&res);
}
