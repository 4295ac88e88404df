/* SPDX-License-Identifier: Apache-2.0 */
/* spec_default.c: the default config is valid, complete and supported. */
#include "config/spec_default.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "config/json.h"
#include "tests/tap.h"

/* Keys of an object, joined. */
static const char *keys(struct arena *a, const struct json *obj)
{
	const char *all = "";

	for (const struct json *j = obj ? obj->child : NULL; j; j = j->next)
		all = arena_printf(a, "%s%s%s", all, *all ? " " : "", j->key);
	return all;
}

static void test_variant(const struct spec_default_opts *opts, const char *label)
{
	AUTO(str) char *text = spec_default_json(opts);
	AUTO(arena) struct arena a = { 0 };
	AUTO(findings) struct findings f = { 0 };
	AUTO(spec) struct spec spec;
	struct err e = ERR_INIT;
	struct json *j = NULL;
	size_t len = strlen(text);

	is_int(spec_parse(&spec, text, len, "config.json", &f, &e), 0, "%s is valid", label);
	is_int(f.n, 0, "%s: no warnings", label);
	ok(text[len - 1] == '}', "%s: no newline at the end", label);
	ok(str_starts(text, "{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,"),
	   "%s: indented by tabs", label);
	if (json_parse(&j, &a, text, len, "f", &e) < 0)
		bail("no JSON");
	is_str(keys(&a, j), "ociVersion process root hostname mounts linux", "%s: order", label);
	is_str(keys(&a, json_get(j, "process")),
	       "terminal user args env cwd capabilities rlimits noNewPrivileges",
	       "%s: order of process", label);
	is_str(keys(&a, json_get(j, "linux")),
	       opts->rootless ? "uidMappings gidMappings namespaces maskedPaths readonlyPaths"
			      : "resources namespaces maskedPaths readonlyPaths",
	       "%s: order of linux", label);
	is_int(spec.n_mounts, 7, "%s: mounts", label);
	is_str(spec.hostname, "ocirun", "%s: hostname", label);
	ok(spec.linux_.ns[NS_NET].listed == !opts->rootless &&
	   spec.linux_.ns[NS_USER].listed == opts->rootless &&
	   spec.linux_.ns[NS_CGROUP].listed == opts->cgroup_ns, "%s: namespaces", label);
	is_int(spec.linux_.masked_paths.n, 10, "%s: masked paths", label);
	is_int(spec.linux_.readonly_paths.n, 5, "%s: read-only paths", label);
	if (opts->rootless) {
		is_int(spec.linux_.uid_mappings.v[0].host_id, opts->euid, "%s: uid", label);
		is_int(spec.linux_.gid_mappings.v[0].host_id, opts->egid, "%s: gid", label);
		is_str(spec.mounts[2].o.data, "newinstance,ptmxmode=0666,mode=0620",
		       "%s: no gid= in devpts", label);
		is_int(spec.mounts[5].kind, MOUNT_BIND, "%s: /sys is a bind mount", label);
	} else {
		is_str(spec.mounts[2].o.data, "newinstance,ptmxmode=0666,mode=0620,gid=5",
		       "%s: devpts", label);
		is_int(spec.linux_.resources.n_devices, 1, "%s: one device rule", label);
	}
}

int main(void)
{
	test_variant(&(struct spec_default_opts){ false, false, 0, 0, NULL }, "default");
	test_variant(&(struct spec_default_opts){ false, true, 0, 0, NULL }, "cgroup v2");
	test_variant(&(struct spec_default_opts){ true, false, 1000, 1001, NULL }, "rootless");
	test_variant(&(struct spec_default_opts){ true, true, 4294967294, 100, NULL }, "rootless v2");
	return done();
}
