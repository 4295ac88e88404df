/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of `features`: order, indent, sorting, and that it is JSON. */
#include "runtime/features.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/json.h"
#include "config/names.h"
#include "tests/tap.h"

#include <string.h>

static void keys(const struct json *obj, struct str *s)
{
	str_reset(s);
	for (const struct json *j = obj ? obj->child : NULL; j; j = j->next)
		str_addf(s, "%s%s", s->len ? " " : "", j->key);
}

static bool is_sorted(const struct json *list)
{
	const struct json *last = NULL;

	for (const struct json *j = list ? list->child : NULL; j; j = j->next) {
		if (last && strcmp(last->text, j->text) >= 0)
			return false;
		last = j;
	}
	return last != NULL;
}

static bool has(const struct json *list, const char *text)
{
	for (const struct json *j = list ? list->child : NULL; j; j = j->next)
		if (streq(j->text, text))
			return true;
	return false;
}

static void test_document(const struct json *doc)
{
	AUTO(strbuf) struct str s = { 0 };
	const struct json *l = json_get(doc, "linux");

	keys(doc, &s);
	is_str(str_text(&s),
	       "ociVersionMin ociVersionMax hooks mountOptions linux "
	       "annotations potentiallyUnsafeConfigAnnotations", "members");
	keys(l, &s);
	is_str(str_text(&s),
	       "namespaces capabilities cgroup seccomp apparmor selinux "
	       "intelRdt memoryPolicy mountExtensions netDevices", "linux");
	keys(json_get(l, "cgroup"), &s);
	is_str(str_text(&s), "v1 v2 systemd systemdUser rdma", "cgroup");
	is_str(json_get_str(doc, "ociVersionMax", ""), "1.3.0", "version");
	ok(is_sorted(json_get(doc, "mountOptions")), "mount options sorted");
	ok(has(json_get(doc, "mountOptions"), "rro"), "recursive options");
	ok(is_sorted(json_get(l, "namespaces")), "namespaces sorted");
	ok(is_sorted(json_get(json_get(l, "memoryPolicy"), "modes")), "modes");
	is_str(json_get(l, "capabilities")->child->text, "CAP_CHOWN",
	       "kernel order");
	ok(has(json_get(l, "capabilities"), "CAP_CHECKPOINT_RESTORE"),
	   "the newest");
	const struct json *seccomp = json_get(l, "seccomp");

	if (json_get_bool(seccomp, "enabled", false)) {
		ok(is_sorted(json_get(seccomp, "archs")), "archs sorted");
		is_str(json_get(seccomp, "knownFlags")->child->text,
		       "SECCOMP_FILTER_FLAG_TSYNC", "first flag");
	} else {
		is_int((int64_t)seccomp->n_children, 1,
		       "without seccomp nothing is claimed");
	}
}

static void test_cap_names(void)
{
	char buf[40];

	is_str(cap_name(0, buf, sizeof(buf)), "CAP_CHOWN", "first");
	is_str(cap_name(21, buf, sizeof(buf)), "CAP_SYS_ADMIN", "21");
	ok(cap_name(63, buf, sizeof(buf)) == NULL, "no such capability");
	for (int i = 0; cap_name(i, buf, sizeof(buf)); i++)
		is_int(cap_number(buf), i, "%s and back", buf);
}

int main(void)
{
	AUTO(arena) struct arena a = { 0 };
	AUTO(strbuf) struct str out = { 0 };
	struct json *doc = NULL;
	struct err e = ERR_INIT;

	features_print(&out, true);
	is_int(json_parse(&doc, &a, out.p, out.len, "features", &e), 0,
	       "is JSON: %s", e.msg);
	ok(str_starts(out.p, "{\n    \"ociVersionMin\": \"1.0.0\",\n"),
	   "four-space indent");
	ok(str_ends(out.p, "    ]\n}\n"), "ends with a newline");
	if (doc)
		test_document(doc);
	test_cap_names();
	return done();
}
