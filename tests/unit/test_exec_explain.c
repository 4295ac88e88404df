/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line of a failing execve starts with runc's words, exactly, and its hint
 * names the true cause. Crafted files, the errno that the kernel would give.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/tap.h"

static char dir[] = "/tmp/ocirun-explain-XXXXXX";

static void make_file(const char *name, const void *data, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n || fchmod(fd, mode) < 0 ||
	    close(fd) < 0)
		bail("cannot make a file");
}

static void make_text(const char *name, const char *text)
{
	make_file(name, text, strlen(text), 0755);
}

/* An ELF head with at most one program header, PT_INTERP. */
static void make_elf(const char *name, uint16_t machine, uint16_t type,
		     unsigned char data, const char *interp)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr phdr;
		char interp[64];
	} f = { 0 };

	memcpy(f.head.e_ident, ELFMAG, SELFMAG);
	f.head.e_ident[EI_CLASS] = ELFCLASS64;
	f.head.e_ident[EI_DATA] = data;
	f.head.e_ident[EI_VERSION] = EV_CURRENT;
	f.head.e_machine = machine;
	f.head.e_type = type;
	if (data == ELFDATA2MSB) {
		f.head.e_machine = (uint16_t)(machine << 8 | machine >> 8);
		f.head.e_type = (uint16_t)(type << 8 | type >> 8);
	}
	if (interp) {
		f.head.e_phoff = sizeof(f.head);
		f.head.e_phentsize = sizeof(f.phdr);
		f.head.e_phnum = 1;
		f.phdr.p_type = PT_INTERP;
		f.phdr.p_offset = sizeof(f.head) + sizeof(f.phdr);
		f.phdr.p_filesz = strlen(interp) + 1;
		(void)snprintf(f.interp, sizeof(f.interp), "%s", interp);
	}
	make_file(name, &f, sizeof(f), 0755);
}

struct row { const char *path; int code; const char *msg, *hint; };

static void check(const struct row *r)
{
	struct err e = ERR_INIT;

	is_int(exec_explain(r->path, NULL, r->code, &e), -r->code, "%s: code",
	       r->path);
	if (r->msg)
		is_str(e.msg, r->msg, "%s: runc's words", r->path);
	is_int(e.code, r->code, "%s: err code", r->path);
	if (r->hint) {
		char want[600];

		(void)snprintf(want, sizeof(want), "/process/args/0%s%s",
			       r->hint[0] ? ": " : "", r->hint);
		is_str(e.hint, want, "%s: cause", r->path);
	}
}

/* A change of label that is refused. */
static void denied(int code, const char *why)
{
	struct err e = ERR_INIT;

	(void)exec_explain("good", "u:r:t:s0", code, &e);
	ok(strcmp(e.hint + strlen("/process/args/0: "), why) == 0, "%s", e.hint);
}

static void test_scripts(void)
{
	static const struct row rows[] = {
		{ "gone", ENOENT, "exec gone: no such file or directory",
		  "it does not exist in the container any more" },
		{ "crlf", ENOENT, "exec crlf: no such file or directory",
		  "the interpreter '/bin/sh\\r' of its '#!' line does not exist: "
		  "CRLF line ends, the file needs LF" },
		{ "noint", ENOENT, "exec noint: no such file or directory",
		  "the file exists, but the interpreter '/no/such/sh' of its "
		  "'#!' line does not exist in the container" },
		{ "relint", ENOENT, NULL,
		  "the interpreter 'python3' of its '#!' line is no absolute "
		  "path: '#!/usr/bin/env python3' would be looked up in $PATH" },
		{ "chain", ENOENT, NULL,
		  "its interpreter './noint' exists, but the interpreter "
		  "'/no/such/sh' of its '#!' line does not exist in the "
		  "container" },
		{ "loop", ENOENT, NULL, "" },
		{ "plain", ENOEXEC, "exec plain: exec format error",
		  "it is not an ELF file and has no '#!' line" },
		{ "empty", ENOEXEC, "exec empty: exec format error",
		  "it is an empty file" },
		{ "late", ENOEXEC, NULL,
		  "the '#!' of the script is not the very first of the file: 1 "
		  "bytes of blanks or a byte order mark are before it" },
		{ "bom", ENOEXEC, NULL,
		  "the '#!' of the script is not the very first of the file: 3 "
		  "bytes of blanks or a byte order mark are before it" },
		{ "bare", ENOEXEC, NULL,
		  "the '#!' line of the file names no interpreter" },
		{ "mz", ENOEXEC, NULL, "it is a Windows program" },
		{ "badint", ENOEXEC, NULL,
		  "its interpreter './plain' is not an ELF file and has no '#!' "
		  "line" },
		{ "noexec", EACCES, "exec noexec: permission denied",
		  "it is not executable, its mode is 0644: chmod +x" },
		{ "intnoexec", EACCES, NULL,
		  "its interpreter './noexec' is not executable, its mode is "
		  "0644: chmod +x" },
		{ ".", EACCES, "exec .: permission denied", "it is a directory" },
		{ "good", EACCES, NULL,
		  "the file may be executed: a security module (AppArmor, "
		  "SELinux, Landlock) denies it" },
		{ "good", EPERM, NULL,
		  "a seccomp filter that refuses execve, or a security module" },
		{ "fifo", EACCES, NULL, "it is no regular file" },
		{ "fifo", ENOEXEC, NULL, "" },
		{ "plain", ETXTBSY, "exec plain: text file busy",
		  "some process still has the file open for writing" },
		{ "plain", EPERM, "exec plain: operation not permitted",
		  "a seccomp filter that refuses execve, or a security module" },
		{ "plain", E2BIG, "exec plain: argument list too long", NULL },
	};

	make_text("crlf", "#!/bin/sh\r\necho hi\r\n");
	make_text("noint", "#! /no/such/sh -e\necho hi\n");
	make_text("relint", "#!python3\nprint()\n");
	make_text("chain", "#!./noint\n");
	make_text("loop", "#!./loop\n");
	make_text("plain", "echo hi\n");
	make_text("empty", "");
	make_text("late", "\n#!/bin/sh\n");
	make_text("bom", "\xef\xbb\xbf#!/bin/sh\n");
	make_text("bare", "#!\n");
	make_text("mz", "MZ\x90");
	make_text("badint", "#!./plain\n");
	make_text("noexec", "#!/bin/sh\n");
	make_text("good", "#!/bin/sh\n");
	if (chmod("noexec", 0644) < 0 || mkfifo("fifo", 0777) < 0)
		bail("cannot prepare files");
	make_text("intnoexec", "#!./noexec\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	denied(EACCES, "the file may be executed: the SELinux policy does not allow it "
		       "for the label 'u:r:t:s0' (transition, entrypoint), or another "
		       "security module denies it");
	denied(EPERM, "the SELinux policy does not allow it for the label 'u:r:t:s0' "
		      "(nnp_transition), or a seccomp filter refuses execve");
}

static void test_elf(void)
{
	struct utsname u;
	char want[300];
	bool here = false;

	if (uname(&u) < 0)
		bail("uname");
#ifdef __i386__ /* a program of 32 bits does not know the kernel's other half */
	(void)strcpy(u.machine, "i386");
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && __SIZEOF_POINTER__ == 8
	here = true;
#endif
	make_elf("s390", EM_S390, ET_EXEC, ELFDATA2MSB, NULL);
	(void)snprintf(want, sizeof(want),
		       "it is an ELF file for s390x (IBM Z), this kernel runs %s: "
		       "use an image for that, or emulation through binfmt_misc",
		       u.machine);
	if (strcmp(u.machine, "s390x") == 0)
		skip(4, "this is an s390x");
	else
		check(&(struct row){ "s390", ENOEXEC,
				     "exec s390: exec format error", want });

	make_elf("arm64", EM_AARCH64, ET_DYN, ELFDATA2LSB, NULL);
	(void)snprintf(want, sizeof(want),
		       "it is an ELF file for aarch64 (arm64), this kernel runs "
		       "%s: use an image for that, or emulation through "
		       "binfmt_misc", u.machine);
	if (strcmp(u.machine, "aarch64") == 0)
		skip(4, "this is an aarch64");
	else
		check(&(struct row){ "arm64", ENOEXEC,
				     "exec arm64: exec format error", want });

	make_elf("object", EM_X86_64, ET_REL, ELFDATA2LSB, NULL);
	if (strcmp(u.machine, "x86_64") != 0)
		skip(3, "not an x86_64");
	else
		check(&(struct row){ "object", ENOEXEC, NULL,
				     "it is an ELF file, but an object file, not "
				     "a program" });
	make_file("cut", ELFMAG "\2\1\1", 7, 0755);
	check(&(struct row){ "cut", ENOEXEC, NULL,
			     "it is an ELF file cut off after 7 bytes" });
	make_elf("odd", 4711, ET_EXEC, ELFDATA2LSB, NULL);
	(void)snprintf(want, sizeof(want), "it is an ELF file for machine number "
		       "4711, this kernel runs %s: use an image for that, or "
		       "emulation through binfmt_misc", u.machine);
	check(&(struct row){ "odd", ENOEXEC, NULL, want });

	if (!here) {
		skip(11, "written for 64-bit little-endian machines");
		return;
	}
	make_elf("noloader", EM_X86_64, ET_DYN, ELFDATA2LSB, "/no/ld.so.1");
	check(&(struct row){ "noloader", ENOENT,
			     "exec noloader: no such file or directory",
			     "the file exists, but its loader '/no/ld.so.1' does "
			     "not exist in the container: install what it "
			     "belongs to, or use a statically linked program" });
	make_elf("musl", EM_X86_64, ET_DYN, ELFDATA2LSB, "/no/ld-musl-x86.so.1");
	check(&(struct row){ "musl", ENOENT, NULL,
			     "the file exists, but its loader "
			     "'/no/ld-musl-x86.so.1' does not exist in the "
			     "container: the program was built for musl "
			     "(Alpine); use one for this image, or a statically "
			     "linked one" });
	make_text("script", "#!./noloader\n");
	check(&(struct row){ "script", ENOENT, NULL,
			     "its interpreter './noloader' exists, but its loader "
			     "'/no/ld.so.1' does not exist in the container: "
			     "install what it belongs to, or use a statically "
			     "linked program" });
}

/* A header that lies about everything must not lead anywhere. */
static void test_hostile(void)
{
	struct { Elf64_Ehdr h; Elf64_Phdr p[2]; } f;

	for (unsigned int round = 0; round < 200; round++) {
		unsigned char *b = (unsigned char *)&f;
		unsigned int x = round * 2654435761U + 1;

		for (size_t i = 0; i < sizeof(f); i++) {
			x = x * 1664525U + 1013904223U;
			b[i] = (unsigned char)(x >> 24);
		}
		memcpy(f.h.e_ident, ELFMAG, SELFMAG);
		if (round % 2) {
			f.h.e_ident[EI_CLASS] = ELFCLASS64;
			f.h.e_phentsize = sizeof(Elf64_Phdr);
			f.h.e_phnum = 2;
			f.h.e_phoff = sizeof(f.h);
			f.p[0].p_type = PT_INTERP;
			f.p[0].p_filesz %= 300;
		}
		make_file("fuzz", &f, sizeof(f), 0755);
		for (int c = 0; c < 2; c++) {
			struct err e = ERR_INIT;

			if (exec_explain("fuzz", NULL, c ? ENOENT : ENOEXEC, &e) >= 0)
				ok(false, "round %u fails", round);
		}
	}
	ok(true, "random ELF heads are survived");
}

int main(void)
{
	static const char *const names[] = {
		"crlf", "noint", "relint", "chain", "loop", "plain", "empty",
		"late", "bom", "bare", "mz", "badint", "good", "noexec", "intnoexec",
		"fifo", "s390", "arm64", "cut", "odd", "noloader", "musl",
		"script", "fuzz", "object" };

	if (!mkdtemp(dir) || chdir(dir) < 0)
		bail("no scratch directory");
	test_scripts();
	test_elf();
	test_hostile();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(names[i]);
	if (chdir("/") == 0)
		(void)rmdir(dir);
	return done();
}
