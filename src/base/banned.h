/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions nobody here may call. Include it last in every .c file: a system
 * header read afterwards would trip over the poisoned names.
 *
 * The reasons, in the order of the lines below: writes without a bound; silent
 * truncation or hidden state; numbers without error reporting (parse_*() of
 * base/str.h); stack without a bound; a shell between us and the program
 * (proc_run()); handlers with unclear semantics (sigaction(2)); text straight
 * to stderr (the log); racy temporary names; sleeping instead of waiting for an
 * event (poll(2) with a deadline); descriptors above 1023; databases that load
 * plugins into us; threads' and children's view of our memory.
 */
#ifndef OCIRUN_BASE_BANNED_H
#define OCIRUN_BASE_BANNED_H

#undef alloca
#undef strdupa
#undef strndupa
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef stpcpy
#undef stpncpy
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat stpcpy sprintf vsprintf gets
#pragma GCC poison strncpy strncat stpncpy strtok
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison alloca strdupa strndupa
#pragma GCC poison system popen
#pragma GCC poison signal sigset siginterrupt
#pragma GCC poison perror psignal
#pragma GCC poison mktemp tmpnam tempnam tmpfile
#pragma GCC poison sleep usleep nanosleep
#pragma GCC poison select pselect
#pragma GCC poison getpwnam getpwuid getgrnam getgrgid getgrouplist initgroups
#pragma GCC poison vfork

#ifndef OCIRUN_ALLOW_STRTO
#pragma GCC poison strtol strtoul strtoll strtoull strtoimax strtoumax
#pragma GCC poison strtod strtof strtold
#endif

#endif
