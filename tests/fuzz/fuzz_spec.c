/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: any bytes as config.json, as a process and as resources. What
 * must hold: no crash, no leak, an error exactly when a function fails, and
 * no member NULL that spec.h promises after success.
 */
#include "config/config.h"

#include <stdlib.h>

#define REPLAY_CORPUS \
	"tests/fuzz/corpus/spec", "tests/data/spec/good", "tests/data/spec/bad"
#include "tests/fuzz/replay.h"

#define MUST(cond)            \
	do {                  \
		if (!(cond))  \
			abort(); \
	} while (0)

static void must_be_complete(const struct spec *s)
{
	MUST(s->oci_version && s->root_set && s->root.path);
	for (size_t i = 0; i < s->n_mounts; i++) {
		const struct spec_mount *m = &s->mounts[i];

		MUST(m->destination && m->destination[0] == '/' && m->type && m->source);
		MUST((m->o.flags & m->o.cleared) == 0);
	}
	for (unsigned int k = 0; k < _HOOK_KIND_MAX; k++)
		for (size_t i = 0; i < s->hooks[k].n; i++)
			MUST(s->hooks[k].v[i].path[0] == '/');
	for (size_t i = 0; i < s->linux_.n_devices; i++)
		MUST(s->linux_.devices[i].path && s->linux_.devices[i].type);
	if (s->process_set)
		MUST(s->process.cwd[0] == '/' && s->process.args.n && s->process.args.v[0][0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct spec_resources resources;
	struct spec_process process;
	struct findings f = { 0 };
	struct arena a = { 0 };
	struct err e = ERR_INIT;
	struct spec spec;
	char line[2200];
	int r;

	r = spec_parse(&spec, text, size, "config.json", &f, &e);
	MUST((r < 0) == (e.code != 0));
	if (r == 0)
		must_be_complete(&spec);
	else
		(void)err_format(&e, line, sizeof(line));
	spec_free(&spec);
	findings_free(&f);
	err_clear(&e);
	spec = (struct spec){ 0 };
	r = spec_parse_mounts(&spec, text, size, "mounts.json", size % 2, &f, &e);
	MUST((r < 0) == (e.code != 0));
	spec_free(&spec);
	findings_free(&f);
	err_clear(&e);
	r = spec_parse_process(&process, &a, text, size, "process.json", &f, &e);
	MUST((r < 0) == (e.code != 0));
	findings_free(&f);
	err_clear(&e);
	r = spec_parse_resources(&resources, &a, text, size, "-", &f, &e);
	MUST((r < 0) == (e.code != 0));
	findings_free(&f);
	arena_free(&a);
	return 0;
}
