/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of annotations that mean something (annotations.h). Names and values
 * as in crun(1), "EXTENSIONS TO OCI". Pure, no state.
 */
#include "config.h"
#include "config/annotations.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

#include "base/banned.h"

#define BPF_INSN_SIZE 8

struct use {
	struct spec *spec;
	const char *key, *value;
	struct err *e;
};

static int refuse(const struct use *u, int code, const char *why)
{
	(void)err_set(u->e, code, "annotation %s: %s", u->key, why);
	return err_at(u->e, "/annotations/%s", u->key);
}

static int need_absolute(const struct use *u)
{
	return u->value[0] == '/' ? 0 :
				    refuse(u, EINVAL, "an absolute path is needed");
}

static bool is_on(const char *value)
{
	return !streq(value, "0");
}

static int keep_groups(const struct use *u)
{
	u->spec->run_oci.keep_groups = is_on(u->value);
	return 0;
}

static int hooks_stdout(const struct use *u)
{
	u->spec->run_oci.hooks_stdout = u->value;
	return need_absolute(u);
}

static int hooks_stderr(const struct use *u)
{
	u->spec->run_oci.hooks_stderr = u->value;
	return need_absolute(u);
}

static int pidfd_receiver(const struct use *u)
{
	u->spec->run_oci.pidfd_receiver = u->value;
	return need_absolute(u);
}

/* The config's own listener comes first. */
static int seccomp_receiver(const struct use *u)
{
	struct spec_seccomp *s = &u->spec->linux_.seccomp;

	if (s->listener_path && *s->listener_path)
		return 0;
	s->listener_path = u->value;
	s->listener_always = true;
	return need_absolute(u);
}

static int seccomp_strict(const struct use *u)
{
	u->spec->linux_.seccomp.fail_unknown = is_on(u->value);
	return 0;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648, padding required; *ret_len bytes into `out`, or -EINVAL. */
static int base64_decode(const char *text, uint8_t *out, size_t *ret_len)
{
	size_t len = strlen(text), n = 0;

	if (len == 0 || len % 4 != 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i += 4) {
		bool last = i + 4 == len;
		size_t pad = !last || text[i + 3] != '=' ? 0 :
			     text[i + 2] == '=' ? 2 : 1;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k >= 4 - pad ? 0 : base64_value(text[i + k]);

			if (d < 0)
				return -EINVAL;
			v = v << 6 | (uint32_t)d;
		}
		for (size_t k = 0; k < 3 - pad; k++)
			out[n++] = (uint8_t)(v >> (16 - 8 * k));
	}
	*ret_len = n;
	return 0;
}

/* A whole filter, in the place of what the config has. */
static int seccomp_bpf(const struct use *u)
{
	struct spec_seccomp *s = &u->spec->linux_.seccomp;
	uint8_t *raw = arena_alloc(&u->spec->arena, strlen(u->value) + 3);
	size_t n;

	if (base64_decode(u->value, raw, &n) < 0)
		return refuse(u, EINVAL, "the value is not base64");
	if (n == 0 || n % BPF_INSN_SIZE != 0)
		return refuse(u, EINVAL, "a BPF program is a multiple of 8 bytes");
	*s = (struct spec_seccomp){ .set = true, .raw = raw, .raw_len = n,
				    .listener_path = s->listener_path,
				    .listener_always = s->listener_always,
				    .listener_metadata = s->listener_metadata };
	return 0;
}

/* A cgroup below another, as a clean relative path; "" asks for none. */
static int relative_cgroup(const struct use *u, const char **ret)
{
	AUTO(str) char *clean = path_clean(u->value + strspn(u->value, "/"));

	if (!*u->value)
		return 0;
	if (path_has_dotdot(u->value) || strchr(u->value, '\n') || streq(clean, "."))
		return refuse(u, EINVAL, "a path below the container's cgroup is needed, without '..'");
	*ret = arena_strdup(&u->spec->arena, clean);
	return 0;
}

static int subgroup(const struct use *u)
{
	return relative_cgroup(u, &u->spec->run_oci.subgroup);
}

static int delegate_cgroup(const struct use *u)
{
	return relative_cgroup(u, &u->spec->run_oci.delegate_cgroup);
}

static int seccomp_plugins(const struct use *u)
{
	return refuse(u, ENOTSUP,
		      "plugins are not supported: ocirun loads no foreign code; use linux.seccomp.listenerPath");
}

static int mount_context(const struct use *u)
{
	static const char *const types[] = { "context", "fscontext",
					     "defcontext", "rootcontext" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (streq(u->value, types[i])) {
			u->spec->run_oci.mount_context = types[i];
			return 0;
		}
	}
	return refuse(u, EINVAL,
		      "it is one of context, fscontext, defcontext, rootcontext");
}

/* For the pause container of a pod crun takes no handler either. */
static int handler(const struct use *u)
{
	const struct kv_list *l = &u->spec->annotations;

	for (size_t i = 0; i < l->n; i++)
		if (streq(l->v[i].key, "io.kubernetes.cri.container-type") &&
		    streq(l->v[i].value, "sandbox"))
			return 0;
	(void)refuse(u, ENOTSUP, "ocirun runs programs of the host's kernel only");
	return err_hint(u->e, "handler '%s' (wasm, krun …) needs crun", u->value);
}

static int force_v1(const struct use *u)
{
	return refuse(u, ENOTSUP,
		      "a cgroup v1 hierarchy of systemd is not mounted over a path; use a mount of the config");
}

/* In this order: a filter takes the place of the config's, with its listener. */
static const struct {
	const char *key; /* behind ANNOTATIONS_PREFIX */
	int (*apply)(const struct use *u);
} table[] = {
	{ "keep_original_groups", keep_groups },
	{ "hooks.stdout", hooks_stdout },
	{ "hooks.stderr", hooks_stderr },
	{ "pidfd_receiver", pidfd_receiver },
	{ "seccomp.receiver", seccomp_receiver },
	{ "seccomp_fail_unknown_syscall", seccomp_strict },
	{ "seccomp_bpf_data", seccomp_bpf },
	{ "seccomp.plugins", seccomp_plugins },
	{ "mount_context_type", mount_context },
	{ "systemd.force_cgroup_v1", force_v1 },
	{ "systemd.subgroup", subgroup },
	{ "delegate-cgroup", delegate_cgroup },
	{ "handler", handler },
};

int spec_apply_annotations(struct spec *spec, struct err *e)
{
	const struct kv_list *l = &spec->annotations;
	const size_t skip = strlen(ANNOTATIONS_PREFIX);

	for (size_t t = 0; t < sizeof(table) / sizeof(*table); t++) {
		for (size_t i = 0; i < l->n; i++) {
			const struct use u = { spec, l->v[i].key, l->v[i].value, e };

			if (str_starts(u.key, ANNOTATIONS_PREFIX) &&
			    streq(u.key + skip, table[t].key) &&
			    table[t].apply(&u) < 0)
				return -e->code;
		}
	}
	return 0;
}
