/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From JSON text to a checked struct spec. Pure: no file is opened below this
 * interface except by spec_load_at(). Only json.c knows the JSON library.
 */
#ifndef OCIRUN_CONFIG_CONFIG_H
#define OCIRUN_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include "config/spec.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * One finding of the parser or of the check. Errors make spec_*() fail;
 * warnings (unknown keys with the nearest known name, unknown capability
 * names, deprecated spellings) do not.
 */
struct finding {
	bool is_error;
	int line, column;    /* 0 = unknown (no text at hand) */
	const char *pointer; /* RFC 6901, "" = whole document */
	const char *text;    /* "expected integer, got string" */
};
struct findings {
	struct finding *v; /* strings live in `arena` */
	size_t n, cap;
	size_t n_errors;
	size_t n_parsed; /* the first ones are the parser's: types, names */
	struct arena arena;
};
void findings_add(struct findings *f, bool is_error, int line, int column,
		  const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
void findings_free(struct findings *f);
/* Append "FILE:LINE:COLUMN: POINTER: text" (position and pointer if known). */
void finding_format(const struct finding *finding, const char *file,
		    struct str *out);
/*
 * Turn the findings from number `from` on, at least one of them an error, into
 * *e: the first error, with the number of the others as hint. Returns -code.
 */
int findings_error(const struct findings *f, size_t from, int code,
		   const char *file, struct err *e);
/* Log warnings, and errors if there are several (one is in *e already). */
void findings_log(const struct findings *f, const char *file);

/*
 * Parse the text of a config.json. *ret is always valid for spec_free(), also
 * after failure. All violations are appended to `f` in document order, first
 * those of the types, then (only if the types were right) those of the
 * cross-field rules. Returns 0, or -EINVAL with *e set to the first error and,
 * if there are more, their number.
 * Limits: 16 MiB of text, depth 64; duplicate keys are errors.
 * Source: runtime-spec 1.3, config.md and config-linux.md.
 */
int spec_parse(struct spec *ret, const char *text, size_t len,
	       const char *file, struct findings *f, struct err *e);

/* A process object alone (`exec --process FILE`), same rules. */
int spec_parse_process(struct spec_process *ret, struct arena *arena,
		       const char *text, size_t len, const char *file,
		       struct findings *f, struct err *e);
/*
 * An array of mounts alone (`mounts add`), in the place of those that `spec`, the
 * container's, has; pointers begin with "/mounts" as ever. `places`: nothing but
 * the destinations is wanted of them.
 */
int spec_parse_mounts(struct spec *spec, const char *text, size_t len,
		      const char *file, bool places, struct findings *f,
		      struct err *e);
/* A linux.resources object alone (`update --resources`). */
int spec_parse_resources(struct spec_resources *ret, struct arena *arena,
			 const char *text, size_t len, const char *file,
			 struct findings *f, struct err *e);

/*
 * The path below /proc/sys for a sysctl key in either spelling of sysctl(8)
 * ("net.ipv4.conf.eno2/100.x", "net/ipv4/conf/eno2.100/x"), in `arena`; NULL if
 * the key has an empty, "." or ".." component and would lead elsewhere.
 */
char *sysctl_key_path(struct arena *arena, const char *key);

/*
 * The rule of spec_parse() for sysctls once the namespaces to be joined are
 * known: `own` has bit 1 << NS_… for each that is the caller's own, so that its
 * sysctls would be the host's. 0 or -EINVAL.
 */
int spec_check_sysctl_own(const struct spec *spec, uint32_t own, struct err *e);

/*
 * Read a file that the user names, `what` ("--process", or NULL): regular files
 * only, with `stream` also pipes by the name of a descriptor. -ENOENT, -EFBIG …
 * with the message set.
 */
int config_read_at(int dirfd, const char *name, const char *what, bool stream,
		   size_t max, char **ret, size_t *ret_len, struct err *e);

/*
 * Open NAME in dirfd, read and spec_parse() it; warnings are logged. *ret_text
 * (malloc'ed, may be NULL) receives the text, for the copy in the state
 * directory. A missing file is "JSON specification file config.json not found".
 * Unsupported properties fail too. Free *ret with spec_free() in any case.
 */
int spec_load_at(struct spec *ret, int dirfd, const char *name,
		 char **ret_text, struct err *e);

/*
 * The same for the copy in the state directory: its warnings were told when the
 * container was made, so nothing is logged.
 */
int spec_reload_at(struct spec *ret, int dirfd, const char *name, struct err *e);

void spec_free(struct spec *spec);

static inline void auto_spec(struct spec *spec)
{
	spec_free(spec);
}
static inline void auto_findings(struct findings *f)
{
	findings_free(f);
}

#endif
