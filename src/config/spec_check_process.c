/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec_check_process.c - owns the rules of a process object, as it stands in a
 * config.json and in the file of `exec --process` (runtime-spec config.md,
 * "Process"). What concerns the process and its namespaces together is in
 * spec_check_linux.c. Pure.
 */
#include "base/str.h"
#include "config/names.h"
#include "config/spec_check.h"
#include "base/banned.h"

static void rule_args(struct check *c)
{
	const struct str_list *args = &c->process->args;

	if (args->n == 0)
		bad(c, at(c, "/args"), "args must not be empty");
	else if (args->v[0][0] == '\0')
		bad(c, at(c, "/args/0"), "args[0], the program to run, must not be empty");
}

static void rule_cwd(struct check *c)
{
	const char *cwd = c->process->cwd;

	if (cwd[0] == '\0')
		bad(c, at(c, "/cwd"), "Cwd property must not be empty");
	else if (cwd[0] != '/')
		bad(c, at(c, "/cwd"), "Cwd must be an absolute path, got '%.200s'", cwd);
}

static void rule_env(struct check *c)
{
	const struct str_list *env = &c->process->env;

	for (size_t i = 0; i < env->n; i++) {
		const char *v = env->v[i];

		if (v[0] == '=')
			bad(c, at(c, "/env/%zu", i),
			    "invalid environment variable: name cannot be empty");
		else if (!strchr(v, '='))
			bad(c, at(c, "/env/%zu", i),
			    "invalid environment variable: missing '=' in '%.100s'", v);
	}
}

static void rule_console_size(struct check *c)
{
	const struct spec_process *p = c->process;

	if (!p->terminal) /* the spec: ignored then */
		return;
	if (p->console_height > UINT16_MAX || p->console_width > UINT16_MAX)
		bad(c, at(c, "/consoleSize"), "a terminal has at most 65535 rows and columns");
}

static void rule_rlimits(struct check *c)
{
	const struct spec_rlimit *v = c->process->rlimits;
	uint64_t seen = 0;

	for (size_t i = 0; i < c->process->n_rlimits; i++) {
		const char *name = name_of(names_rlimit, (uint64_t)v[i].resource);
		uint64_t bit = 1ULL << v[i].resource;

		if (seen & bit)
			bad(c, at(c, "/rlimits/%zu/type", i), "duplicated rlimit %s", name);
		seen |= bit;
		if (v[i].soft > v[i].hard)
			bad(c, at(c, "/rlimits/%zu/soft", i),
			    "soft limit %llu of %s is above its hard limit %llu",
			    (unsigned long long)v[i].soft, name,
			    (unsigned long long)v[i].hard);
	}
}

/*
 * sched_setattr(2) refuses these with a bare EINVAL, the least and the greatest are
 * the kernel's (sched-deadline.rst). The words are crun's.
 */
#define DEADLINE_RUNTIME_MIN 1024ULL
#define DEADLINE_MAX (UINT64_MAX >> 1)

static void check_deadline(struct check *c, const struct spec_scheduler *s)
{
	static const char what[] = "sched_setattr: `SCHED_DEADLINE`";
	unsigned long long runtime = s->runtime.v, deadline = s->deadline.v;
	unsigned long long period = s->period;

	if (!s->runtime.set)
		bad(c, at(c, "/scheduler"), "%s requires `runtime`", what);
	else if (runtime == 0)
		bad(c, at(c, "/scheduler/runtime"), "%s runtime must be greater than 0",
		    what);
	else if (runtime < DEADLINE_RUNTIME_MIN || runtime > DEADLINE_MAX)
		bad(c, at(c, "/scheduler/runtime"),
		    "%s runtime %llu must be between %llu and %llu", what, runtime,
		    DEADLINE_RUNTIME_MIN, (unsigned long long)DEADLINE_MAX);
	if (!s->deadline.set || deadline == 0) {
		bad(c, at(c, "/scheduler"), "%s requires `deadline`", what);
		return;
	}
	if (runtime > deadline)
		bad(c, at(c, "/scheduler/runtime"),
		    "%s runtime %llu must be <= deadline %llu", what, runtime, deadline);
	if (period && deadline > period)
		bad(c, at(c, "/scheduler/deadline"),
		    "%s deadline %llu must be <= period %llu", what, deadline, period);
}

static void rule_scheduler(struct check *c)
{
	const struct spec_scheduler *s = &c->process->scheduler;
	const char *policy = name_of(names_sched_policy, s->policy);
	bool realtime = s->policy == SPEC_SCHED_FIFO || s->policy == SPEC_SCHED_RR;

	if (!s->set)
		return;
	if (s->nice < -20 || s->nice > 19)
		bad(c, at(c, "/scheduler/nice"),
		    "invalid scheduler.nice: %d when scheduler.policy is %s (expected -20 to 19)",
		    s->nice, policy);
	if (s->priority != 0 && !realtime)
		bad(c, at(c, "/scheduler/priority"),
		    "scheduler.priority can only be specified for SchedFIFO or SchedRR policy");
	else if (realtime && (s->priority < 1 || s->priority > 99))
		bad(c, at(c, "/scheduler/priority"), "%s needs a priority from 1 to 99, got %d",
		    policy, s->priority);
	if (s->policy == SPEC_SCHED_DEADLINE)
		check_deadline(c, s);
	else if (s->runtime.v || s->deadline.v || s->period)
		bad(c, at(c, "/scheduler"),
		    "scheduler runtime/deadline/period can only be specified for SchedDeadline policy");
}

static void rule_io_priority(struct check *c)
{
	const struct spec_io_priority *p = &c->process->io_priority;

	if (p->set && (p->priority < 0 || p->priority > 7))
		bad(c, at(c, "/ioPriority/priority"),
		    "invalid ioPriority.Priority: %d (expected 0 to 7)", p->priority);
}

static void check_cpu_list(struct check *c, const char *key, const char *label,
			   const char *list)
{
	size_t n;

	if (list && list_count(list, &n) < 0)
		bad(c, at(c, "/execCPUAffinity/%s", key),
		    "bad CPUAffinity.%s: '%.100s' is no list of CPUs such as 0-3,7",
		    label, list);
}

static void rule_affinity(struct check *c)
{
	check_cpu_list(c, "initial", "Initial", c->process->exec_cpu_affinity.initial);
	check_cpu_list(c, "final", "Final", c->process->exec_cpu_affinity.final_);
}

static const struct rule process_rules[] = {
	{ "args", "args", rule_args },
	{ "cwd", "cwd", rule_cwd },
	{ "env", "env", rule_env },
	{ "console-size", "consoleSize", rule_console_size },
	{ "rlimits", "rlimits", rule_rlimits },
	{ "scheduler", "scheduler", rule_scheduler },
	{ "io-priority", "ioPriority", rule_io_priority },
	{ "exec-cpu-affinity", "execCPUAffinity", rule_affinity },
	{ NULL, NULL, NULL },
};

void spec_check_process(const struct spec_process *process, const char *base,
			struct findings *f)
{
	struct check c = { .f = f, .base = base, .process = process };

	run_rules(process_rules, &c);
}
