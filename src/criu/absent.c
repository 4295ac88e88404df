/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the rest of src/criu when it was configured --without-criu. */
#include "config.h"
#include "criu/criu.h"

#include <errno.h>

#include "base/banned.h"

bool criu_built_in(void)
{
	return false;
}

static int absent(struct err *e)
{
	(void)err_set(e, ENOTSUP, "checkpoint and restore are not supported by this build");
	return err_hint(e, "it was configured --without-criu");
}

int criu_find(const char *given, char **ret, struct err *e)
{
	(void)given;
	(void)ret;
	return absent(e);
}

int criu_check_flags(const struct criu_flags *flags, struct err *e)
{
	(void)flags;
	return absent(e);
}

int criu_dump(const struct criu_subject *s, pid_t init, const char *freezer,
	      const char *const stdio[CRIU_N_STDIO], struct err *e)
{
	(void)s;
	(void)init;
	(void)freezer;
	(void)stdio;
	return absent(e);
}

int criu_restore(const struct criu_subject *s, const char *root,
		 const struct criu_events *events, struct err *e)
{
	(void)s;
	(void)root;
	(void)events;
	return absent(e);
}
