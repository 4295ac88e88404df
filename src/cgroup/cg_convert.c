/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of resources: what v1 and the specification count in, as
 * cgroup v2 counts. Pure.
 *
 * Sources: runtime-spec config-linux.md, the kernel's admin-guide/cgroup-v2.rst.
 */
#include "config.h"

#include "cgroup/cg_internal.h"

#include <errno.h>
#include <inttypes.h>

#include "base/banned.h"

#define SWAP "/linux/resources/memory/swap"

/* log2 of x >= 1 by repeated squaring: no maths library on the start path. */
static double log2_of(double x)
{
	double ret = 0, bit = 0.5;

	while (x >= 2) {
		x /= 2;
		ret += 1;
	}
	for (int i = 0; i < 50; i++) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			ret += bit;
		}
		bit /= 2;
	}
	return ret;
}

/* 10^x for 0 <= x <= 5: e^(x ln 10) by its series on the fraction. */
static double exp10_of(double x)
{
	double ret = 1, term = 1;
	int whole = (int)x;
	double y = (x - whole) * 2.302585092994045684;

	for (int i = 1; i < 30; i++) {
		term *= y / i;
		ret += term;
	}
	for (int i = 0; i < whole; i++)
		ret *= 10;
	return ret;
}

/*
 * [2, 262144] onto [1, 10000] with the defaults meeting (1024 gives 100):
 * 10^((l^2 + 125 l) / 612 - 7/34), l = log2(shares), rounded up.
 */
uint64_t cg_shares_to_weight(uint64_t shares)
{
	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	double l = log2_of((double)shares);
	double w = exp10_of((l * l + 125 * l) / 612 - 7.0 / 34);
	uint64_t ret = (uint64_t)w;

	/* Round up, but not for the error of the series. */
	return w - (double)ret > 1e-9 ? ret + 1 : ret;
}

/* [10, 1000] onto [1, 10000], linear. */
uint64_t cg_blkio_to_io_weight(uint16_t weight)
{
	if (weight == 0)
		return 0;
	return weight < 10 ? 1 : 1 + ((uint64_t)weight - 10) * 9999 / 990;
}

int cg_swap_v2(int64_t limit, int64_t swap, int64_t *ret, struct err *e)
{
	if (swap == 0) {
		*ret = limit == -1 ? -1 : CG_SWAP_UNSET;
	} else if (swap == -1 || limit == -1) {
		*ret = swap;
	} else if (limit == 0) {
		(void)err_set(e, EINVAL,
			      "unable to set swap limit without memory limit");
		return err_at(e, SWAP);
	} else if (swap < limit) {
		(void)err_set(e, EINVAL, "memory+swap limit should be >= memory "
			      "limit (swap %" PRId64 " < limit %" PRId64 ")",
			      swap, limit);
		(void)err_hint(e, "'swap' is the sum of memory and swap");
		return err_at(e, SWAP);
	} else {
		*ret = swap - limit;
	}
	return 0;
}
