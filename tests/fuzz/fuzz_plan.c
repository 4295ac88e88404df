/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the flat form of a plan. What the decoder accepts must print,
 * encode and decode again to the same bytes.
 */
#include "config.h"
#include "plan/plan.h"

#include <stdlib.h>

#include "base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(plan) struct plan plan = { 0 };
	AUTO(strbuf) struct str text = { 0 };
	AUTO(strbuf) struct str flat = { 0 };
	struct err e = ERR_INIT;

	if (plan_decode(&plan, data, size, &e) < 0)
		return 0;
	plan_print(&plan, &text);
	plan_encode(&plan, &flat);
	if (flat.len != size || memcmp(flat.p, data, size) != 0)
		abort();
	return 0;
}
