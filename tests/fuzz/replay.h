/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target defines LLVMFuzzerTestOneInput() and includes this file. Built
 * with -fsanitize=fuzzer -DOCIRUN_LIBFUZZER it is a fuzzer; otherwise it has a
 * main() that replays the corpus named by REPLAY_CORPUS, or files given as
 * arguments, and reports in TAP.
 */
#ifndef OCIRUN_TESTS_FUZZ_REPLAY_H
#define OCIRUN_TESTS_FUZZ_REPLAY_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef OCIRUN_LIBFUZZER

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"
#include "tests/tap.h"

static void replay_file(const char *path)
{
	AUTO(str) char *text = NULL;
	uint8_t *copy;
	size_t len;

	if (file_read_at(AT_FDCWD, path, 32U << 20, &text, &len) < 0) {
		ok(false, "%s can be read", path);
		return;
	}
	copy = malloc(len ? len : 1); /* exact size: ASAN sees any overrun */
	if (!copy)
		bail("no memory");
	memcpy(copy, text, len);
	ok(LLVMFuzzerTestOneInput(copy, len) == 0, "%s", path);
	free(copy);
}

static int replay_wanted(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void replay_dir(const char *sub)
{
	const char *top = getenv("top_srcdir");
	char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	struct dirent **names;
	int n;

	(void)snprintf(dir, sizeof(dir), "%s/%s", top ? top : ".", sub);
	n = scandir(dir, &names, replay_wanted, replay_order);
	if (n < 0)
		bail("no corpus");
	ok(n > 0, "%s has %d files", sub, n);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		replay_file(path);
		free(names[i]);
	}
	free(names);
}

int main(int argc, char **argv)
{
	static const char *const corpora[] = { REPLAY_CORPUS, NULL };

	for (int i = 1; i < argc; i++)
		replay_file(argv[i]);
	for (size_t i = 0; argc < 2 && corpora[i]; i++)
		replay_dir(corpora[i]);
	return done();
}

#endif
#endif
