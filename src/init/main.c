/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that is init: all that a process needs between its birth and the user's
 * program, and nothing else. It is carried inside ocirun (cli/init_image.h), which
 * executes a sealed copy of it; nobody else has a use for it.
 */
#include "config.h"

#include "init/init.h"

#include <unistd.h>

#include "base/fd.h"
#include "libnsexec/nsexec.h"

#include "base/banned.h"

int main(void)
{
	static const char text[] = "this is the init of " PACKAGE_NAME
				   ", which starts it by itself\n";
	struct nsx_init nsx;

	if (nsx_init_get(&nsx))
		return init_main(&nsx);
	(void)fd_write_full(STDERR_FILENO, text, sizeof(text) - 1);
	return INIT_EXIT_FAILED;
}
