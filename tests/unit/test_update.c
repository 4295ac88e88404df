/* SPDX-License-Identifier: Apache-2.0 */
/* Limits: the way to JSON and back, and what an update makes of two sets. */
#include "runtime/update.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "config/config.h"
#include "config/resources_print.h"
#include "tests/tap.h"

#include <stdlib.h>
#include <string.h>

static void parse(struct spec_resources *ret, struct arena *a, const char *text)
{
	AUTO(findings) struct findings f = { 0 };
	struct err e = ERR_INIT;

	if (spec_parse_resources(ret, a, text, strlen(text), "test", &f, &e) < 0)
		diag("%s: %s", text, e.msg);
}

static void test_round_trip(void)
{
	static const char *const t[] = {
		"{\"memory\":{},\"cpu\":{},\"blockIO\":{}}",
		"{\"devices\":[{\"allow\":false,\"type\":\"a\",\"access\":\"rwm\"},"
		"{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":0,"
		"\"access\":\"rm\"}],\"memory\":{\"limit\":-1,\"reservation\":0,"
		"\"swap\":9223372036854775807,\"kernel\":1,\"kernelTCP\":2,"
		"\"swappiness\":0,\"disableOOMKiller\":false,"
		"\"useHierarchy\":true,\"checkBeforeUpdate\":true},"
		"\"cpu\":{\"shares\":18446744073709551615,\"quota\":-1,"
		"\"burst\":0,\"period\":100000,\"realtimeRuntime\":-1,"
		"\"realtimePeriod\":1000,\"cpus\":\"0-3,7\",\"mems\":\"0\","
		"\"idle\":1},\"pids\":{\"limit\":0},\"blockIO\":{\"weight\":10,"
		"\"leafWeight\":20,\"weightDevice\":[{\"major\":8,\"minor\":0,"
		"\"weight\":100},{\"major\":8,\"minor\":16,\"weight\":100,"
		"\"leafWeight\":200}],\"throttleReadBpsDevice\":[{\"major\":8,"
		"\"minor\":0,\"rate\":1}],\"throttleWriteIOPSDevice\":["
		"{\"major\":8,\"minor\":0,\"rate\":0}]},\"hugepageLimits\":["
		"{\"pageSize\":\"2MB\",\"limit\":4}],\"network\":{\"classID\":7,"
		"\"priorities\":[{\"name\":\"eth0\",\"priority\":5}]},"
		"\"rdma\":{\"mlx5_0\":{\"hcaHandles\":3,\"hcaObjects\":4}},"
		"\"unified\":{\"memory.high\":\"1\\n2\",\"cpu.max\":\"max\"}}",
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		AUTO(strbuf) struct str out = { 0 };
		struct spec_resources r;

		parse(&r, &a, t[i]);
		resources_print(&r, &out);
		is_str(str_text(&out), t[i], "round trip %zu", i);
	}
}

#define CPU(text)    "{\"memory\":{},\"cpu\":{" text "},\"blockIO\":{}}"
#define MEMORY(text) "{\"memory\":{" text "},\"cpu\":{},\"blockIO\":{}}"
#define IO(text)     "{\"memory\":{},\"cpu\":{},\"blockIO\":{" text "}}"
#define DEV(minor, rate) \
	"{\"major\":8,\"minor\":" #minor ",\"rate\":" #rate "}"
#define RBPS "\"throttleReadBpsDevice\":"

static void test_merge(void)
{
	static const struct {
		const char *name, *old, *ask, *store, *apply;
	} t[] = {
		{ "nothing asked: nothing written",
		  CPU("\"quota\":5000,\"period\":10000,\"cpus\":\"0\""), "{}",
		  CPU("\"quota\":5000,\"period\":10000,\"cpus\":\"0\""),
		  CPU("") },
		{ "period alone brings the quota along",
		  CPU("\"quota\":5000,\"period\":10000"),
		  CPU("\"period\":20000"),
		  CPU("\"quota\":5000,\"period\":20000"),
		  CPU("\"quota\":5000,\"period\":20000") },
		{ "quota alone brings the period along",
		  CPU("\"quota\":5000,\"period\":10000"), CPU("\"quota\":-1"),
		  CPU("\"quota\":-1,\"period\":10000"),
		  CPU("\"quota\":-1,\"period\":10000") },
		{ "zero is not given", CPU("\"quota\":5000"),
		  CPU("\"quota\":0,\"period\":0"), CPU("\"quota\":5000"),
		  CPU("") },
		{ "idle forgets the shares", CPU("\"shares\":100"),
		  CPU("\"idle\":1"), CPU("\"idle\":1"), CPU("\"idle\":1") },
		{ "idle with shares", CPU("\"shares\":100"),
		  CPU("\"shares\":0,\"idle\":0"), CPU("\"shares\":0,\"idle\":0"),
		  CPU("\"shares\":0,\"idle\":0") },
		{ "burst, cpus and mems",
		  CPU("\"burst\":1,\"cpus\":\"0\",\"mems\":\"0\""),
		  CPU("\"burst\":0,\"cpus\":\"1\""),
		  CPU("\"burst\":0,\"cpus\":\"1\",\"mems\":\"0\""),
		  CPU("\"burst\":0,\"cpus\":\"1\"") },
		{ "limit brings memory and swap along",
		  MEMORY("\"limit\":100,\"reservation\":5,\"swap\":200"),
		  MEMORY("\"limit\":150"),
		  MEMORY("\"limit\":150,\"reservation\":5,\"swap\":200"),
		  MEMORY("\"limit\":150,\"swap\":200") },
		{ "no limit is none on swap either",
		  MEMORY("\"limit\":100,\"swap\":200"), MEMORY("\"limit\":-1"),
		  MEMORY("\"limit\":-1,\"swap\":0"),
		  MEMORY("\"limit\":-1,\"swap\":0") },
		{ "reservation alone", MEMORY("\"limit\":100"),
		  MEMORY("\"reservation\":7"),
		  MEMORY("\"limit\":100,\"reservation\":7"),
		  MEMORY("\"reservation\":7") },
		{ "checkBeforeUpdate is for one update",
		  MEMORY("\"limit\":100,\"checkBeforeUpdate\":true"),
		  MEMORY("\"limit\":50"), MEMORY("\"limit\":50"),
		  MEMORY("\"limit\":50") },
		{ "kernel memory is dropped", MEMORY("\"kernel\":1"),
		  MEMORY("\"kernel\":2,\"kernelTCP\":3"), MEMORY("\"kernel\":1"),
		  MEMORY("") },
		{ "a device is replaced or added",
		  IO(RBPS "[" DEV(0, 1) "," DEV(0, 1) "]"),
		  IO(RBPS "[" DEV(0, 5) "," DEV(16, 6) "]"),
		  IO(RBPS "[" DEV(0, 1) "," DEV(0, 5) "," DEV(16, 6) "]"),
		  IO(RBPS "[" DEV(0, 5) "," DEV(16, 6) "]") },
		{ "weights of a device are merged",
		  IO("\"weight\":10,\"weightDevice\":[{\"major\":8,\"minor\":0,"
		     "\"weight\":20}]"),
		  IO("\"weightDevice\":[{\"major\":8,\"minor\":0,"
		     "\"leafWeight\":30}]"),
		  IO("\"weight\":10,\"weightDevice\":[{\"major\":8,\"minor\":0,"
		     "\"weight\":20,\"leafWeight\":30}]"),
		  IO("\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":20,"
		     "\"leafWeight\":30}]") },
		{ "device rules are never touched",
		  "{\"devices\":[{\"allow\":false,\"type\":\"a\","
		  "\"access\":\"rwm\"}],\"memory\":{},\"cpu\":{},\"pids\":"
		  "{\"limit\":5},\"blockIO\":{}}",
		  "{\"devices\":[{\"allow\":true,\"type\":\"a\","
		  "\"access\":\"rwm\"}],\"pids\":{\"limit\":6}}",
		  "{\"devices\":[{\"allow\":false,\"type\":\"a\","
		  "\"access\":\"rwm\"}],\"memory\":{},\"cpu\":{},\"pids\":"
		  "{\"limit\":6},\"blockIO\":{}}",
		  "{\"memory\":{},\"cpu\":{},\"pids\":{\"limit\":6},"
		  "\"blockIO\":{}}" },
		{ "unified is merged by key",
		  "{\"memory\":{},\"cpu\":{},\"blockIO\":{},\"unified\":"
		  "{\"a.b\":\"1\",\"a.c\":\"2\"}}",
		  "{\"unified\":{\"a.c\":\"3\",\"a.d\":\"4\"}}",
		  "{\"memory\":{},\"cpu\":{},\"blockIO\":{},\"unified\":"
		  "{\"a.b\":\"1\",\"a.c\":\"3\",\"a.d\":\"4\"}}",
		  "{\"memory\":{},\"cpu\":{},\"blockIO\":{},\"unified\":"
		  "{\"a.c\":\"3\",\"a.d\":\"4\"}}" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		AUTO(arena) struct arena a = { 0 };
		AUTO(strbuf) struct str out = { 0 };
		struct spec_resources old, ask, store, apply;

		parse(&old, &a, t[i].old);
		parse(&ask, &a, t[i].ask);
		update_merge(&old, &ask, &a, &store, &apply);
		resources_print(&store, &out);
		is_str(str_text(&out), t[i].store, "%s: stored", t[i].name);
		str_reset(&out);
		resources_print(&apply, &out);
		is_str(str_text(&out), t[i].apply, "%s: written", t[i].name);
		str_reset(&out);
		resources_print(&old, &out);
		is_str(str_text(&out), t[i].old, "%s: old unchanged", t[i].name);
	}
}

int main(void)
{
	test_round_trip();
	test_merge();
	return done();
}
