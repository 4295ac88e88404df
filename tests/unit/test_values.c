/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and sizes of the command line. */
#include "cli/values.h"

#include "tests/tap.h"

#include <errno.h>
#include <stddef.h>

struct row {
	const char *text;
	int r;
	int64_t want;
};

#define S INT64_C(1000000000)

static void test_durations(void)
{
	static const struct row t[] = {
		{ "5s", 0, 5 * S },
		{ "500ms", 0, S / 2 },
		{ "1m", 0, 60 * S },
		{ "1h2m", 0, 3720 * S },
		{ "1h2m3.5s", 0, 3723 * S + S / 2 },
		{ ".5s", 0, S / 2 },
		{ "1.s", 0, S },
		{ "3us", 0, 3000 },
		{ "3\xc2\xb5s", 0, 3000 },
		{ "3\xce\xbcs", 0, 3000 },
		{ "7ns", 0, 7 },
		{ "0.1ns", 0, 0 },
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "-1.5h", 0, -5400 * S },
		{ "+2s", 0, 2 * S },
		{ "2562047h", 0, INT64_C(2562047) * 3600 * S },
		{ "0.000000001s", 0, 1 },
		{ "1.0000000019s", 0, S + 1 },
		{ "", -EINVAL, 0 },
		{ "5", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ ".s", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "5 s", -EINVAL, 0 },
		{ "1s2", -EINVAL, 0 },
		{ "--1s", -EINVAL, 0 },
		{ "1d", -EINVAL, 0 },
		{ "2562048h", -ERANGE, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ "9223372036854775807ns1ns", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int64_t v = 0;

		is_int(cli_parse_duration(t[i].text, &v), t[i].r, "'%s'",
		       t[i].text);
		is_int(v, t[i].want, "'%s' in ns", t[i].text);
	}
}

static void test_sizes(void)
{
	static const struct row t[] = {
		{ "0", 0, 0 },
		{ "512", 0, 512 },
		{ "-1", 0, -1 },
		{ "1b", 0, 1 },
		{ "1k", 0, 1024 },
		{ "50M", 0, 52428800 },
		{ "1.5g", 0, 1610612736 },
		{ "1.1k", 0, 1126 },
		{ "10 KiB", 0, 10240 },
		{ "3Mb", 0, 3145728 },
		{ "2tib", 0, INT64_C(2) << 40 },
		{ "1P", 0, INT64_C(1) << 50 },
		{ "0.5p", 0, INT64_C(1) << 49 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "", -EINVAL, 0 },
		{ "k", -EINVAL, 0 },
		{ "-5", -EINVAL, 0 },
		{ "-1k", -EINVAL, 0 },
		{ "x1", -EINVAL, 0 },
		{ "1e", -ENOTSUP, 0 },
		{ "1x", -ENOTSUP, 0 },
		{ "1ki", -ENOTSUP, 0 },
		{ "1kibs", -ENOTSUP, 0 },
		{ "1bb", -ENOTSUP, 0 },
		{ "1  k", -ENOTSUP, 0 },
		{ "1.2.3", -ENOTSUP, 0 },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "9000000p", -ERANGE, 0 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int64_t v = 0;

		is_int(cli_parse_size(t[i].text, &v), t[i].r, "size '%s'",
		       t[i].text);
		is_int(v, t[i].want, "size '%s' in bytes", t[i].text);
	}
}

int main(void)
{
	test_durations();
	test_sizes();
	return done();
}
