/* SPDX-License-Identifier: Apache-2.0 */
/* init/looks.c: the second look at a row of bind mounts, and what must not escape it. */
#include "config.h"

#include "tests/unit/fsenv.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ROW 12

static union step_arg binds[ROW + 2];

static union step_arg bind_of(size_t i, const char *dest)
{
	return (union step_arg){ .mount = {
		.index = (uint32_t)i, .kind = MOUNT_BIND, .type = "bind", .flags = MS_BIND,
		.source = strdup(fmt("%s/host/dir", env_dir)), .dest = strdup(dest),
	} };
}

/* Bind mounts on /row/0 ... of the root, n of them; none has been looked at again. */
static struct init row(size_t n)
{
	struct init in = env_rootfs_step();
	bool good = true;
	struct err e = ERR_INIT;

	mkdir("rootfs/row", 0755);
	for (size_t i = 0; i < n; i++) {
		mkdir(fmt("rootfs/row/%zu", i), 0755);
		binds[i] = bind_of(i, fmt("/row/%zu", i));
		in.step = (uint32_t)(20 + i);
		good = good && step_mount(&in, &binds[i], &e) == 0;
	}
	ok(good && in.looks.n == n, "%zu mounts wait", n);
	in.step = 90;
	return in;
}

static void is_wrong(struct init *in, size_t which, const char *words, const char *what)
{
	struct err e = ERR_INIT;
	char cwd[128] = "";
	int r = init_mounts_done(in, &e);

	ok(r < 0 && r == -e.code, "%s: an error", what);
	ok(e.code == ESTALE || e.code == ENOENT || e.code == ELOOP, "%s: its number", what);
	ok(has(line(&e), fmt("/mounts/%zu:", which), fmt("rootfs at '/row/%zu'", which), words,
	       NULL), "%s: the message names the mount", what);
	is_int(in->step, (int)(20 + which), "%s: its step", what);
	is_int((int)in->looks.n, 0, "%s: nothing waits any more", what);
	ok(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, env_dir) == 0 &&
	   access(fmt("%s/host/file", env_dir), F_OK) == 0, "%s: root and cwd are ours", what);
}

static void is_right(struct init *in, const char *what)
{
	struct err e = ERR_INIT;
	char cwd[128] = "";

	if (!ok(init_mounts_done(in, &e) == 0 && in->looks.n == 0, "%s", what))
		diag("%s", line(&e));
	ok(getcwd(cwd, sizeof(cwd)) && strcmp(cwd, env_dir) == 0 &&
	   access(fmt("%s/host/file", env_dir), F_OK) == 0, "%s: root and cwd are ours", what);
}

static void all_right(void)
{
	struct init in = row(ROW);

	is_right(&in, "many");
	is_right(&in, "none");
	env_close(&in);
}

static void few(void)
{
	struct init in = row(2);

	is_right(&in, "two");
	env_close(&in);
}

/* Somebody moves the directory: for many, from within, and for few, one by one. */
static void moved_of(size_t n)
{
	struct init in = row(n);

	ok(rename("rootfs/row", "rootfs/moved") == 0, "moved away");
	mkdir("rootfs/row", 0755);
	mkdir("rootfs/row/0", 0755);
	is_wrong(&in, 0, "does not lead to the mount just made", "another in its place");
	env_close(&in);
}

static void moved(void)
{
	moved_of(ROW);
}

static void moved_few(void)
{
	moved_of(3);
}

/* The link says where the mount is, in the host's words; in the container's it is not. */
static void host_link(void)
{
	struct init in = row(ROW);

	ok(rename("rootfs/row", "rootfs/moved") == 0, "moved away");
	ok(symlink(fmt("%s/moved", env_rootfs), "rootfs/row") == 0, "a link of the host");
	is_wrong(&in, 0, "", "a link to the host's name of it");
	env_close(&in);
}

/* What leads to the mount within the root does. */
static void inner_link(void)
{
	struct init in = row(ROW);

	ok(rename("rootfs/row", "rootfs/moved") == 0, "moved away");
	ok(symlink("/moved", "rootfs/row") == 0, "a link of the container");
	is_right(&in, "a link to it");
	env_close(&in);
}

/* Another mount at the same place, the last of the row. */
static void covered_by_somebody(void)
{
	struct init in = row(ROW);

	ok(mount(fmt("%s/host/decoy", env_dir), fmt("rootfs/row/%d", ROW - 1), NULL, MS_BIND,
		 NULL) == 0, "somebody mounts");
	is_wrong(&in, ROW - 1, "does not lead to the mount just made", "covered by somebody");
	env_close(&in);
}

/* Mounts of the config that cover each other are nobody's attack. */
static void covered(void)
{
	struct init in = row(ROW);

	binds[ROW] = bind_of(ROW, "/row");
	in.step = 50;
	step_ok(step_mount, &in, &binds[ROW], "a mount above the row");
	is_int((int)in.looks.n, 0, "the row was looked at before, and it at once");
	binds[ROW + 1] = bind_of(ROW + 1, "/tmp");
	step_ok(step_mount, &in, &binds[ROW + 1], "another");
	is_right(&in, "and looked at");
	env_close(&in);
}

static void covered_by_link(void)
{
	struct init in = row(ROW);

	ok(symlink("row", "rootfs/alias") == 0, "another name");
	binds[ROW] = bind_of(ROW, "/alias");
	step_ok(step_mount, &in, &binds[ROW], "a mount above the row");
	is_int((int)in.looks.n, 0, "all were looked at");
	env_close(&in);
}

/* Steps that are no such mounts come after the looks. */
static void others(void)
{
	struct init in = row(ROW);

	binds[ROW] = (union step_arg){ .mount = {
		.index = ROW, .kind = MOUNT_TMPFS, .type = "tmpfs", .source = "tmpfs",
		.dest = "/row/3", .flags = MS_NOSUID,
	} };
	in.step = 20 + ROW;
	step_ok(step_mount, &in, &binds[ROW], "a file system on one");
	is_int((int)in.looks.n, 0, "all were looked at");
	rename("rootfs/row", "rootfs/moved");
	binds[ROW + 1] = bind_of(ROW + 1, "/late/file");
	step_ok(step_mount, &in, &binds[ROW + 1], "a target that has to be made");
	is_int((int)in.looks.n, 0, "is looked at at once");
	env_close(&in);
}

static void wrong_before_others(void)
{
	struct init in = row(ROW);
	struct err e = ERR_INIT;

	rename("rootfs/row", "rootfs/moved");
	binds[ROW] = (union step_arg){ .mount = {
		.index = ROW, .kind = MOUNT_TMPFS, .type = "tmpfs", .source = "tmpfs",
		.dest = "/tmp",
	} };
	in.step = 20 + ROW;
	ok(step_mount(&in, &binds[ROW], &e) < 0, "the step after it fails");
	ok(has(line(&e), "/mounts/0:", "rootfs at '/row/0'", NULL), "and speaks of the first");
	is_int((int)in.step, 20, "and of its step");
	env_close(&in);
}

static void drop_chroot(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d) < 0)
		bail("capget");
	d[0].effective &= ~(1U << CAP_SYS_CHROOT);
	if (syscall(SYS_capset, &h, d) < 0)
		bail("capset");
}

/* One by one then. */
static void no_chroot(void)
{
	struct init in = row(ROW);

	drop_chroot();
	ok(chroot("/") < 0 && errno == EPERM, "no CAP_SYS_CHROOT");
	is_right(&in, "all are right");
	env_close(&in);
}

static void no_chroot_moved(void)
{
	struct init in = row(ROW);

	drop_chroot();
	rename("rootfs/row", "rootfs/moved");
	is_wrong(&in, 0, "", "moved away");
	env_close(&in);
}

int main(void)
{
	static const struct { const char *name; void (*fn)(void); } all[] = {
		{ "all right", all_right },   { "few", few },
		{ "moved", moved },	      { "moved, few", moved_few },
		{ "a link of the host", host_link },
		{ "a link of the container", inner_link },
		{ "covered by somebody", covered_by_somebody }, { "covered", covered },
		{ "covered by another name", covered_by_link },
		{ "other mounts", others },   { "wrong before others", wrong_before_others },
		{ "no CAP_SYS_CHROOT", no_chroot },
		{ "no CAP_SYS_CHROOT, moved", no_chroot_moved },
	};

	if (!env_setup())
		return done();
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		env_run(all[i].name, all[i].fn, false);
	return env_done();
}
