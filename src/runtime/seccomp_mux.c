/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of multiplexed system calls (seccomp_mux.h). The library that
 * resolves names gives a placeholder for them on these architectures and not the
 * numbers, so they are here; a test compares them with the library's.
 *
 * Sources: linux/net.h (SYS_SOCKET …), linux/ipc.h (SEMOP …), the syscall.tbl of
 * each architecture in the kernel.
 */
#include "config.h"
#include "runtime/seccomp_mux.h"

#include "base/str.h"

#include <linux/audit.h>
#include <stddef.h>

#include "base/banned.h"

enum column { X86, M68K, MIPS, PPC, PPC64, S390, S390X, SH, COLUMNS };

/* numbers of mips o32 start at 4000 */
#define MIPS_O32 4000

static const struct {
	uint32_t token;
	enum column column;
} archs[] = {
	{ AUDIT_ARCH_I386, X86 },     { AUDIT_ARCH_M68K, M68K },
	{ AUDIT_ARCH_MIPS, MIPS },    { AUDIT_ARCH_MIPSEL, MIPS },
	{ AUDIT_ARCH_PPC, PPC },      { AUDIT_ARCH_PPC64, PPC64 },
	{ AUDIT_ARCH_PPC64LE, PPC64 }, { AUDIT_ARCH_S390, S390 },
	{ AUDIT_ARCH_S390X, S390X },  { AUDIT_ARCH_SH, SH },
	{ AUDIT_ARCH_SHEL, SH },
};

/* 0: no number of its own */
static const struct row {
	const char *name;
	uint8_t op;
	bool ipc;
	int16_t direct[COLUMNS];
} rows[] = {
	{ "socket", 1, false, { 359, 356, 183, 326, 326, 359, 359, 340 } },
	{ "bind", 2, false, { 361, 358, 169, 327, 327, 361, 361, 341 } },
	{ "connect", 3, false, { 362, 359, 170, 328, 328, 362, 362, 342 } },
	{ "listen", 4, false, { 363, 360, 174, 329, 329, 363, 363, 343 } },
	{ "accept", 5, false, { 0, 0, 168, 330, 330, 0, 0, 344 } },
	{ "getsockname", 6, false, { 367, 364, 172, 331, 331, 367, 367, 345 } },
	{ "getpeername", 7, false, { 368, 365, 171, 332, 332, 368, 368, 346 } },
	{ "socketpair", 8, false, { 360, 357, 184, 333, 333, 360, 360, 347 } },
	{ "send", 9, false, { 0, 0, 178, 334, 334, 0, 0, 348 } },
	{ "recv", 10, false, { 0, 0, 175, 336, 336, 0, 0, 350 } },
	{ "sendto", 11, false, { 369, 366, 180, 335, 335, 369, 369, 349 } },
	{ "recvfrom", 12, false, { 371, 368, 176, 337, 337, 371, 371, 351 } },
	{ "shutdown", 13, false, { 373, 370, 182, 338, 338, 373, 373, 352 } },
	{ "setsockopt", 14, false, { 366, 363, 181, 339, 339, 366, 366, 353 } },
	{ "getsockopt", 15, false, { 365, 362, 173, 340, 340, 365, 365, 354 } },
	{ "sendmsg", 16, false, { 370, 367, 179, 341, 341, 370, 370, 355 } },
	{ "recvmsg", 17, false, { 372, 369, 177, 342, 342, 372, 372, 356 } },
	{ "accept4", 18, false, { 364, 361, 334, 344, 344, 364, 364, 358 } },
	{ "recvmmsg", 19, false, { 337, 371, 335, 343, 343, 357, 357, 357 } },
	{ "sendmmsg", 20, false, { 345, 372, 343, 349, 349, 358, 358, 363 } },
	{ "semop", 1, true, { 0 } },
	{ "semget", 2, true, { 393, 393, 393, 393, 393, 393, 393, 393 } },
	{ "semctl", 3, true, { 394, 394, 394, 394, 394, 394, 394, 394 } },
	{ "semtimedop", 4, true, { 0, 0, 0, 0, 392, 0, 392, 0 } },
	{ "msgsnd", 11, true, { 400, 400, 400, 400, 400, 400, 400, 400 } },
	{ "msgrcv", 12, true, { 401, 401, 401, 401, 401, 401, 401, 401 } },
	{ "msgget", 13, true, { 399, 399, 399, 399, 399, 399, 399, 399 } },
	{ "msgctl", 14, true, { 402, 402, 402, 402, 402, 402, 402, 402 } },
	{ "shmat", 21, true, { 397, 397, 397, 397, 397, 397, 397, 397 } },
	{ "shmdt", 22, true, { 398, 398, 398, 398, 398, 398, 398, 398 } },
	{ "shmget", 23, true, { 395, 395, 395, 395, 395, 395, 395, 395 } },
	{ "shmctl", 24, true, { 396, 396, 396, 396, 396, 396, 396, 396 } },
};

#define N_ARCHS (sizeof(archs) / sizeof(archs[0]))
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void fill(struct mux_call *ret, const struct row *r, enum column c)
{
	int16_t nr = r->direct[c];

	ret->via = r->ipc ? "ipc" : "socketcall";
	ret->op = r->op;
	ret->direct = nr ? nr + (c == MIPS ? MIPS_O32 : 0) : -1;
}

bool seccomp_mux(uint32_t token, const char *name, struct mux_call *ret)
{
	for (size_t a = 0; a < N_ARCHS; a++) {
		if (archs[a].token != token)
			continue;
		for (size_t i = 0; i < N_ROWS; i++) {
			if (!streq(rows[i].name, name))
				continue;
			fill(ret, &rows[i], archs[a].column);
			return true;
		}
	}
	return false;
}

void seccomp_mux_each(void (*fn)(uint32_t token, const char *name,
				 const struct mux_call *call, void *arg),
		      void *arg)
{
	for (size_t a = 0; a < N_ARCHS; a++) {
		for (size_t i = 0; i < N_ROWS; i++) {
			struct mux_call call;

			fill(&call, &rows[i], archs[a].column);
			fn(archs[a].token, rows[i].name, &call, arg);
		}
	}
}
