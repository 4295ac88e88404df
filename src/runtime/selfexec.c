/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the sealed copy (selfexec.h). Upholds I3; must not fall back to the
 * file on disk when any part of it fails. */
#include "config.h"
#include "runtime/selfexec.h"

#include "base/cleanup.h"
#include "base/sys.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* The name by which callers' descriptor checks know such a copy. */
#define CLONE_NAME "runc_cloned:/proc/self/exe"
#define MAX_PHDRS 64

/*
 * Where the last byte that the kernel or the dynamic linker reads ends: debug
 * information and section headers behind it need not be copied.
 */
static off_t loadable_size(int fd, off_t file_size)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph[MAX_PHDRS];
	uint64_t end = 0;

	if (pread(fd, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) ||
	    memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_phnum == 0 ||
	    eh.e_phnum > MAX_PHDRS || eh.e_phentsize != sizeof(ph[0]))
		return file_size;
	size_t want = eh.e_phnum * sizeof(ph[0]);

	if (pread(fd, ph, want, (off_t)eh.e_phoff) != (ssize_t)want)
		return file_size;
	end = (uint64_t)eh.e_phoff + want;
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		uint64_t e = (uint64_t)ph[i].p_offset + ph[i].p_filesz;

		if (e > end)
			end = e;
	}
	return end < (uint64_t)file_size ? (off_t)end : file_size;
}

static int copy_file(int from, int to, off_t size)
{
	while (size > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		size -= n;
	}
	return 0;
}

static int make_memfd(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = sys_memfd_create(CLONE_NAME, flags | MFD_EXEC);

	/* compat: MFD_EXEC came with vm.memfd_noexec; older kernels: EINVAL */
	if (fd == -EINVAL)
		fd = sys_memfd_create(CLONE_NAME, flags);
	return fd;
}

int self_clone(int *ret_fd, struct err *e)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
			  F_SEAL_WRITE;
	AUTO(fd) int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	int r;

	if (exe < 0 || fstat(exe, &st) < 0) {
		(void)err_errno(e, errno, "cannot open own executable /proc/self/exe");
		return err_hint(e, "is /proc mounted?");
	}
	AUTO(fd) int fd = make_memfd();

	if (fd < 0)
		return err_errno(e, -fd, "cannot make a memfd for the sealed copy");
	r = copy_file(exe, fd, loadable_size(exe, st.st_size));
	if (r < 0)
		return err_errno(e, -r, "cannot copy own executable into a memfd");
	/* F_SEAL_EXEC is a bonus of newer kernels; the others are required. */
	(void)fchmod(fd, 0511);
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC);
	if (fcntl(fd, F_ADD_SEALS, seals) < 0)
		return err_errno(e, errno, "cannot seal the copy of own executable");
	*ret_fd = TAKE_FD(fd);
	return 0;
}
