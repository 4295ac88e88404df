/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why execve(2) failed. The kernel has one number for many causes: "no such file
 * or directory" for a script whose interpreter is missing, "exec format error"
 * for a program of another architecture. This file looks at the program and says
 * which. It runs after the fact, with the privileges of the container's user,
 * reads regular files only and few bytes of them, and changes nothing.
 * Sources: execve(2), elf(5), the kernel's fs/binfmt_script.c.
 */
#include "config.h"

#include "init/steps_proc.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

#include "base/banned.h"

#define HEAD_SIZE   512 /* of it the kernel looks at 256 for "#!" */
#define SCRIPT_SIZE 256
#define NAME_SIZE   256
#define MAX_DEPTH   4   /* interpreters of interpreters, as the kernel */
#define MAX_PHDRS   64

/* A file that takes part in the execve: the program, then its interpreter. */
struct subject {
	const char *path;
	const char *label; /* SELinux, or NULL */
	char who[NAME_SIZE + 32]; /* "it", "its interpreter '/bin/sh'" */
	int depth;
	int fd;
	size_t n;
	unsigned char head[HEAD_SIZE];
	struct stat st;
};

static ssize_t read_at(int fd, void *buf, size_t n, off_t off)
{
	ssize_t r;

	do
		r = pread(fd, buf, n, off);
	while (r < 0 && errno == EINTR);
	return r;
}

/*
 * 0, or -errno; *ret_fd (the caller closes it) is set only for regular files
 * that we may read, else s->fd is -1.
 */
static int subject_open(struct subject *s, const char *path, int depth,
			int *ret_fd)
{
	ssize_t r;

	s->path = path;
	s->depth = depth;
	s->fd = -1;
	s->n = 0;
	if (depth == 0)
		(void)snprintf(s->who, sizeof(s->who), "it");
	else
		(void)snprintf(s->who, sizeof(s->who), "its interpreter '%s'",
			       path);
	if (stat(path, &s->st) < 0)
		return -errno;
	if (!S_ISREG(s->st.st_mode))
		return 0;
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0)
		return 0;
	*ret_fd = s->fd;
	r = read_at(s->fd, s->head, sizeof(s->head), 0);
	s->n = r > 0 ? (size_t)r : 0;
	return 0;
}

static bool is_script(const struct subject *s)
{
	return s->n >= 2 && s->head[0] == '#' && s->head[1] == '!';
}

static bool is_elf(const struct subject *s)
{
	return s->n >= SELFMAG && memcmp(s->head, ELFMAG, SELFMAG) == 0;
}

/* The interpreter of a "#!" line as the kernel reads it; false if none. */
static bool script_interpreter(const struct subject *s, char *buf, size_t size)
{
	size_t end = s->n < SCRIPT_SIZE ? s->n : SCRIPT_SIZE;
	size_t i = 2, n = 0;

	while (i < end && (s->head[i] == ' ' || s->head[i] == '\t'))
		i++;
	for (; i < end && n + 1 < size; i++, n++) {
		unsigned char c = s->head[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\0')
			break;
		buf[n] = (char)c;
	}
	buf[n] = '\0';
	return n > 0;
}

/* PT_INTERP of an ELF of our own byte order; false if it has none. */
static bool elf_interpreter(const struct subject *s, char *buf, size_t size)
{
	bool wide = s->head[EI_CLASS] == ELFCLASS64;
	uint64_t off, count;
	size_t entry;
	Elf64_Ehdr e64;
	Elf32_Ehdr e32;

	if (s->n < (wide ? sizeof(e64) : sizeof(e32)))
		return false;
	memcpy(&e64, s->head, sizeof(e64));
	memcpy(&e32, s->head, sizeof(e32));
	off = wide ? e64.e_phoff : e32.e_phoff;
	entry = wide ? e64.e_phentsize : e32.e_phentsize;
	count = wide ? e64.e_phnum : e32.e_phnum;
	if (entry != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
	    count > MAX_PHDRS || off > INT32_MAX)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		Elf64_Phdr p64 = { 0 };
		Elf32_Phdr p32 = { 0 };
		uint64_t at, n;
		size_t len;
		void *phdr = wide ? (void *)&p64 : (void *)&p32;
		ssize_t r;

		if (read_at(s->fd, phdr, entry, (off_t)(off + i * entry)) !=
		    (ssize_t)entry)
			return false;
		if ((wide ? p64.p_type : p32.p_type) != PT_INTERP)
			continue;
		at = wide ? p64.p_offset : p32.p_offset;
		n = wide ? p64.p_filesz : p32.p_filesz;
		if (n == 0 || n > size || at > INT32_MAX)
			return false;
		len = (size_t)n;
		r = read_at(s->fd, buf, len, (off_t)at);
		if (r != (ssize_t)len)
			return false;
		buf[len - 1] = '\0';
		return buf[0] != '\0';
	}
	return false;
}

/* ---- architectures ----------------------------------------------------- */

/* As uname(1) spells them; `also` is the other name people know. */
static const struct machine {
	uint16_t em;
	const char *name, *wide, *also;
} machines[] = {
	{ EM_X86_64, "x32", "x86_64", "amd64" },
	{ EM_386, "i386", "i386", "386" },
	{ EM_AARCH64, "aarch64", "aarch64", "arm64" },
	{ EM_ARM, "arm", "arm", "arm32" },
	{ EM_RISCV, "riscv32", "riscv64", "RISC-V" },
	{ EM_PPC64, "ppc64", "ppc64", "POWER" },
	{ EM_PPC, "ppc", "ppc", "PowerPC" },
	{ EM_S390, "s390", "s390x", "IBM Z" },
	{ EM_MIPS, "mips", "mips64", "MIPS" },
	{ 258, "loongarch32", "loongarch64", "loong64" },
	{ EM_SPARCV9, "sparc64", "sparc64", "SPARC" },
	{ EM_68K, "m68k", "m68k", "Motorola 68000" },
	{ EM_SH, "sh4", "sh4", "SuperH" },
	{ EM_PARISC, "parisc", "parisc64", "HPPA" },
	{ EM_ALPHA, "alpha", "alpha", "Alpha" },
};

/* What an ELF head says about its machine. */
struct arch { uint16_t em, type; bool wide, big; };

/* Our own head (the linker defines it): it tells what this kernel runs. */
extern const unsigned char __ehdr_start[] __attribute__((visibility("hidden")));

static uint16_t head_u16(const unsigned char *head, size_t off)
{
	unsigned int a = head[off], b = head[off + 1];

	return (uint16_t)(head[EI_DATA] == ELFDATA2MSB ? a << 8 | b : b << 8 | a);
}

static struct arch head_arch(const unsigned char *head)
{
	return (struct arch){
		.em = head_u16(head, offsetof(Elf32_Ehdr, e_machine)),
		.type = head_u16(head, offsetof(Elf32_Ehdr, e_type)),
		.wide = head[EI_CLASS] == ELFCLASS64,
		.big = head[EI_DATA] == ELFDATA2MSB,
	};
}

/* "aarch64 (arm64)", "ppc64le (POWER)", "machine number 4711". */
static const char *arch_text(const struct arch *a, bool both, char *buf,
			     size_t size)
{
	const struct machine *m = NULL;
	const char *suffix = "";

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].em == a->em)
			m = &machines[i];
	if (!m) {
		(void)snprintf(buf, size, "machine number %u", a->em);
		return buf;
	}
	if (a->em == EM_PPC64 && !a->big)
		suffix = "le";
	else if (a->em == EM_MIPS && !a->big)
		suffix = "el";
	else if (a->em == EM_ARM && a->big)
		suffix = "eb";
	(void)snprintf(buf, size, "%s%s%s%s%s", a->wide ? m->wide : m->name,
		       suffix, both ? " (" : "", both ? m->also : "",
		       both ? ")" : "");
	return buf;
}

static int explain_elf(const struct subject *s, struct err *e)
{
	const struct arch ours = head_arch(__ehdr_start);
	char theirs_text[64], ours_text[64];
	struct arch theirs;

	if (s->n < sizeof(Elf32_Ehdr))
		return err_hint(e, "%s is an ELF file cut off after %zu bytes",
				s->who, s->n);
	theirs = head_arch(s->head);
	(void)arch_text(&theirs, true, theirs_text, sizeof(theirs_text));
	(void)arch_text(&ours, false, ours_text, sizeof(ours_text));
	if (theirs.em != ours.em || theirs.wide != ours.wide ||
	    theirs.big != ours.big)
		return err_hint(e, "%s is an ELF file for %s, this kernel runs "
				   "%s: use an image for that, or emulation "
				   "through binfmt_misc", s->who, theirs_text,
				ours_text);
	if (theirs.type != ET_EXEC && theirs.type != ET_DYN)
		return err_hint(e, "%s is an ELF file, but %s, not a program",
				s->who,
				theirs.type == ET_REL    ? "an object file"
				: theirs.type == ET_CORE ? "a core dump"
							 : "of unknown type");
	return err_hint(e, "%s is an ELF file for %s, but damaged", s->who,
			theirs_text);
}

/* ---- causes by errno --------------------------------------------------- */

/* "/bin/sh\r" is shown as that, not as '?'. */
static const char *shown(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	bool cr = len > 0 && name[len - 1] == '\r';

	(void)snprintf(buf, size, "%.*s%s", (int)(len - cr), name,
		       cr ? "\\r" : "");
	return buf;
}

static int script_interp_missing(const struct subject *s, const char *interp,
				 struct err *e)
{
	char name[NAME_SIZE + 2];

	(void)shown(interp, name, sizeof(name));
	if (str_ends(interp, "\r"))
		return err_hint(e, "the interpreter '%s' of its '#!' line does not "
				   "exist: CRLF line ends, the file needs LF",
				name);
	if (interp[0] != '/')
		return err_hint(e, "the interpreter '%s' of its '#!' line is no "
				   "absolute path: '#!/usr/bin/env %s' would be "
				   "looked up in $PATH", name, name);
	return err_hint(e, "%s exists, but the interpreter '%s' of its '#!' line "
			   "does not exist in the container", s->depth ? s->who
			: "the file", name);
}

static int loader_missing(const struct subject *s, const char *loader,
			  struct err *e)
{
	const char *base = strrchr(loader, '/');
	const char *advice = "install what it belongs to, or use a statically "
			     "linked program";

	base = base ? base + 1 : loader;
	if (str_starts(base, "ld-musl"))
		advice = "the program was built for musl (Alpine); use one for "
			 "this image, or a statically linked one";
	else if (str_starts(base, "ld-linux") || str_starts(base, "ld64"))
		advice = "the program was built for glibc, which the image does "
			 "not have (for this architecture); use one for this "
			 "image, or a statically linked one";
	return err_hint(e, "%s exists, but its loader '%s' does not exist in the "
			   "container: %s", s->depth ? s->who : "the file",
			loader, advice);
}

static int explain(const char *path, const char *label, int depth, int code,
		   struct err *e);

/* The next file that execve goes on to; what is wrong with it? */
static int explain_next(const struct subject *s, int code, struct err *e)
{
	char interp[NAME_SIZE];
	bool script = is_script(s);
	struct stat st;

	if (script ? !script_interpreter(s, interp, sizeof(interp))
		   : !is_elf(s) || !elf_interpreter(s, interp, sizeof(interp)))
		return -e->code;
	if (stat(interp, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return script ? script_interp_missing(s, interp, e)
			      : loader_missing(s, interp, e);
	return explain(interp, s->label, s->depth + 1, code, e);
}

static int explain_format(const struct subject *s, struct err *e)
{
	size_t blank = 0;

	if (s->fd < 0)
		return -e->code;
	if (is_script(s)) {
		char interp[NAME_SIZE];

		if (!script_interpreter(s, interp, sizeof(interp)))
			return err_hint(e, "the '#!' line of %s names no "
					   "interpreter", s->depth ? s->who
					: "the file");
		return explain_next(s, ENOEXEC, e);
	}
	if (is_elf(s))
		return explain_elf(s, e);
	if (s->n == 0)
		return err_hint(e, "%s is an empty file", s->who);
	if (s->n >= 2 && memcmp(s->head, "MZ", 2) == 0)
		return err_hint(e, "%s is a Windows program", s->who);
	if (s->n >= 4 && (memcmp(s->head, "\xcf\xfa\xed\xfe", 4) == 0 ||
			  memcmp(s->head, "\xca\xfe\xba\xbe", 4) == 0))
		return err_hint(e, "%s is a macOS program or a Java class",
				s->who);
	if (s->n >= 3 && memcmp(s->head, "\xef\xbb\xbf", 3) == 0)
		blank = 3;
	while (blank < s->n && strchr(" \t\r\n", s->head[blank]) &&
	       s->head[blank])
		blank++;
	if (blank > 0 && blank + 2 <= s->n &&
	    memcmp(s->head + blank, "#!", 2) == 0)
		return err_hint(e, "the '#!' of %s is not the very first of the "
				   "file: %zu bytes of blanks or a byte order "
				   "mark are before it", s->depth ? s->who
				: "the script", blank);
	return err_hint(e, "%s is not an ELF file and has no '#!' line", s->who);
}

static int explain_access(const struct subject *s, struct err *e)
{
	struct statvfs fs;
	int r;

	if (S_ISDIR(s->st.st_mode))
		return err_hint(e, "%s is a directory", s->who);
	if (!S_ISREG(s->st.st_mode))
		return err_hint(e, "%s is no regular file", s->who);
	if (statvfs(s->path, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		return err_hint(e, "%s is on a file system that is mounted noexec",
				s->who);
	if (!(s->st.st_mode & 0111))
		return err_hint(e, "%s is not executable, its mode is %04o: "
				   "chmod +x", s->who, s->st.st_mode & 07777U);
	if (faccessat(AT_FDCWD, s->path, X_OK, AT_EACCESS) < 0)
		return err_hint(e, "%s has mode %04o and owner %u:%u, the process "
				   "is %u:%u", s->who, s->st.st_mode & 07777U,
				s->st.st_uid, s->st.st_gid, geteuid(),
				getegid());
	r = explain_next(s, EACCES, e);
	if (e->hint[0])
		return r;
	if (s->label)
		return err_hint(e, "the file may be executed: the SELinux policy does "
				   "not allow it for the label '%s' (transition, "
				   "entrypoint), or another security module denies "
				   "it", s->label);
	return err_hint(e, "the file may be executed: a security module "
			   "(AppArmor, SELinux, Landlock) denies it");
}

static int explain_permission(const struct subject *s, struct err *e)
{
	if (getxattr(s->path, "security.capability", NULL, 0) > 0)
		return err_hint(e, "%s has file capabilities that the bounding set "
				   "of the container lacks, see getcap(8)",
				s->who);
	if (s->label)
		return err_hint(e, "the SELinux policy does not allow it for the label "
				   "'%s' (nnp_transition), or a seccomp filter "
				   "refuses execve", s->label);
	return err_hint(e, "a seccomp filter that refuses execve, or a security "
			   "module");
}

/* Causes that need no look at the file. */
static int explain_limits(int code, struct err *e)
{
	switch (code) {
	case E2BIG:
		return err_hint(e, "args and env together are larger than a "
				   "quarter of RLIMIT_STACK, or one string is "
				   "larger than 128 KiB");
	case ETXTBSY:
		return err_hint(e, "some process still has the file open for "
				   "writing");
	case ELOOP:
		return err_hint(e, "too many symlinks, or interpreters of "
				   "interpreters");
	case ELIBBAD:
		return err_hint(e, "its loader is no ELF file");
	case ENOMEM:
		return err_hint(e, "the memory limit of the container, or "
				   "RLIMIT_AS, is too low for it");
	case EAGAIN:
		return err_hint(e, "RLIMIT_NPROC of uid %u is exceeded", getuid());
	case ENFILE:
		return err_hint(e, "the host has no open files left (fs.file-max)");
	default:
		return -code;
	}
}

static int explain(const char *path, const char *label, int depth, int code,
		   struct err *e)
{
	struct subject s = { .label = label };
	AUTO(fd) int fd = -1;
	int r;

	if (depth > MAX_DEPTH)
		return -e->code;
	r = subject_open(&s, path, depth, &fd);
	if (r == -ENOENT)
		return err_hint(e, "%s does not exist in the container%s", s.who,
				depth ? "" : " any more");
	if (r == -EACCES)
		return err_hint(e, "uid %u may not enter a parent directory of "
				   "'%s'", geteuid(), path);
	if (r < 0)
		return -e->code;
	switch (code) {
	case ENOENT:
		return explain_next(&s, code, e);
	case ENOEXEC:
		return explain_format(&s, e);
	case EACCES:
		return explain_access(&s, e);
	case EPERM:
		return explain_permission(&s, e);
	default:
		return explain_limits(code, e);
	}
}

int exec_explain(const char *path, const char *label, int code, struct err *e)
{
	struct err why = ERR_INIT;

	(void)err_errno(&why, code, "exec");
	(void)explain(path, label, 0, code, &why);
	(void)err_errno(e, code, "exec %s", path);
	/* not err_at(): callers of runc match on how the line begins */
	return err_hint(e, "/process/args/0%s%s", why.hint[0] ? ": " : "", why.hint);
}
