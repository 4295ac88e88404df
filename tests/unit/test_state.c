/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory: ids, reservation, locks, status of wrecks, removal. */
#include "runtime/state.h"

#include "tests/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/ocirun-test-state-XXXXXX";

static void test_ids(void)
{
	static const struct { const char *id; bool good; } t[] = {
		{ "a", true },	 { "web-1_x+y.z", true }, { "..a", true },
		{ "", false },	 { ".", false },	  { "..", false },
		{ "a/b", false }, { "a b", false },	  { "\xc3\xa4", false },
		{ "a\n", false }, { "*", false },
	};
	char huge[1100];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct err e = ERR_INIT;

		is_int(state_check_id(t[i].id, &e) == 0, t[i].good, "id '%s'",
		       t[i].id);
	}
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	struct err e = ERR_INIT;

	ok(state_check_id(huge, &e) < 0, "too long an id");
}

static void reserve(struct container *c, const char *id)
{
	struct err e = ERR_INIT;

	*c = (struct container)CONTAINER_INIT;
	is_int(state_reserve(c, root, id, &e), 0, "reserve %s: %s", id, e.msg);
	c->rec.id = id;
	c->rec.bundle = c->rec.rootfs = c->rec.created = "";
	char *boot = arena_alloc(&c->rec.arena, 40);

	state_boot_id(boot);
	c->rec.boot_id = boot;
}

static void test_reserve(void)
{
	struct container a, b = CONTAINER_INIT;
	struct err e = ERR_INIT;
	struct stat st;

	reserve(&a, "one");
	is_int(fstat(a.dirfd, &st), 0, "directory");
	is_int(st.st_mode & 07777, 0711, "mode");
	is_int(state_reserve(&b, root, "one", &e), -EEXIST, "taken");
	ok(strstr(e.msg, "container with given ID already exists"), "wording");
	state_close(&b);
	err_clear(&e);
	b = (struct container)CONTAINER_INIT;
	is_int(state_open(&b, root, "one", &e), -ENOENT, "no record yet");
	ok(b.dirfd >= 0, "but the directory is open");
	is_int(state_write(&a, &e), 0, "write");
	state_close(&b);
	b = (struct container)CONTAINER_INIT;
	err_clear(&e);
	is_int(state_open(&b, root, "one", &e), 0, "open: %s", e.msg);
	is_int(state_lock(&b, deadline_in_ms(50), &e), -ETIMEDOUT, "locked");
	ok(strstr(e.msg, "locked by"), "says by whom: %s", e.msg);
	state_close(&b);
	is_int(state_remove(&a, &e), 0, "remove");
	state_close(&a);
	err_clear(&e);
	b = (struct container)CONTAINER_INIT;
	is_int(state_open(&b, root, "one", &e), -ENOENT, "gone");
	ok(strstr(e.msg, "container does not exist"), "wording");
	state_close(&b);
}

static void test_status(void)
{
	struct container c;
	struct err e = ERR_INIT;
	struct proc_stat me;

	reserve(&c, "two");
	is_int(proc_read_stat(getpid(), &me), 0, "own stat");
	c.rec.creator = (struct proc_id){ getpid(), me.start };
	is_int(state_status(&c, NULL), STATUS_CREATING, "live creator");
	c.rec.creator.start++;
	is_int(state_status(&c, NULL), STATUS_STOPPED, "a recycled pid is not it");
	c.rec.complete = true;
	(void)prctl(PR_SET_NAME, "ocirun:[2:INIT]", 0, 0, 0);
	c.rec.init = (struct proc_id){ getpid(), me.start };
	is_int(state_status(&c, NULL), STATUS_RUNNING, "no fifo: running");
	is_int(mkfifoat(c.dirfd, STATE_FIFO, 0600), 0, "fifo");
	is_int(state_status(&c, NULL), STATUS_CREATED, "fifo: created");
	c.rec.init.start++;
	is_int(state_status(&c, NULL), STATUS_STOPPED, "init gone: stopped");
	c.rec.init.start--;
	c.rec.boot_id = "another boot";
	is_int(state_status(&c, NULL), STATUS_STOPPED, "another boot: stopped");
	is_int(mkdirat(c.dirfd, "notify", 0700), 0, "sub-directory");
	is_int(state_remove(&c, &e), 0, "remove with everything: %s", e.msg);
	is_int(state_remove(&c, &e), 0, "remove twice");
	state_close(&c);
}

int main(void)
{
	if (!mkdtemp(root))
		return 1;
	test_ids();
	test_reserve();
	test_status();
	is_int(rmdir(root), 0, "nothing left");
	return done();
}
