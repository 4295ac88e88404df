/* SPDX-License-Identifier: Apache-2.0 */
/*
 * descriptors.json in the images: what 0, 1 and 2 of the container were, so that
 * at restore their pipes become those of who restores. The format is runc's: an
 * array of three strings, links of /proc/PID/fd.
 */
#include "config.h"
#include "criu/internal.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "config/json.h"

#include <errno.h>

#include "base/banned.h"

#define FILE_NAME "descriptors.json"
#define FILE_MAX 65536

int criu_stdio_save(int dirfd, const char *const stdio[CRIU_N_STDIO],
		    struct err *e)
{
	AUTO(strbuf) struct str s = { 0 };

	for (size_t i = 0; i < CRIU_N_STDIO; i++) {
		str_addc(&s, i ? ',' : '[');
		str_add_json(&s, stdio[i]);
	}
	str_addc(&s, ']');
	int r = file_replace_at(dirfd, FILE_NAME, s.p, s.len, 0600);

	return r < 0 ? err_errno(e, -r, "cannot write %s", FILE_NAME) : 0;
}

int criu_stdio_load(struct criu_job *job, struct err *e)
{
	AUTO(str) char *text = NULL;
	struct json *doc = NULL;
	size_t len;
	int fd = 0;
	int r = file_read_at(job->imagefd, FILE_NAME, FILE_MAX, &text, &len);

	if (r < 0) {
		(void)err_errno(e, -r, "cannot read '%s/%s'",
				job->s->flags->image_path, FILE_NAME);
		return r == -ENOENT ?
			       err_hint(e, "--image-path is not the directory of a finished checkpoint") :
			       r;
	}
	if (json_parse(&doc, &job->arena, text, len, FILE_NAME, e) < 0)
		return err_wrap(e, "'%s'", job->s->flags->image_path);
	if (doc->type != JSON_ARRAY)
		return err_set(e, EINVAL, "%s of '%s' is no array", FILE_NAME,
			       job->s->flags->image_path);
	for (const struct json *j = doc->child; j && fd < CRIU_N_STDIO;
	     j = j->next, fd++)
		if (j->type == JSON_STRING && str_starts(j->text, "pipe:"))
			criu_add_inherit(job, j->text, fd);
	return 0;
}
