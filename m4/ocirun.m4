# SPDX-License-Identifier: Apache-2.0

# OCIRUN_CC_FLAG(VARIABLE, FLAG...)
# Append each FLAG that the compiler takes without complaint to VARIABLE. Clang
# only warns about flags it does not know, hence -Werror.
AC_DEFUN([OCIRUN_CC_FLAG], [
for ocirun_flag in $2; do
	AS_VAR_PUSHDEF([cachevar], [ocirun_cv_cc_flag_$ocirun_flag])
	AC_CACHE_CHECK([whether $CC accepts $ocirun_flag], [cachevar], [
		ocirun_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $ocirun_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
			[AS_VAR_SET([cachevar], [yes])],
			[AS_VAR_SET([cachevar], [no])])
		CFLAGS=$ocirun_save_CFLAGS
	])
	AS_VAR_IF([cachevar], [yes], [$1="$$1 $ocirun_flag"])
	AS_VAR_POPDEF([cachevar])
done
])

# OCIRUN_LD_FLAG(VARIABLE, FLAG...)
# The same for flags of the link.
AC_DEFUN([OCIRUN_LD_FLAG], [
for ocirun_flag in $2; do
	AS_VAR_PUSHDEF([cachevar], [ocirun_cv_ld_flag_$ocirun_flag])
	AC_CACHE_CHECK([whether $CC links with $ocirun_flag], [cachevar], [
		ocirun_save_LDFLAGS=$LDFLAGS
		LDFLAGS="$LDFLAGS -Werror $ocirun_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AS_VAR_SET([cachevar], [yes])],
			[AS_VAR_SET([cachevar], [no])])
		LDFLAGS=$ocirun_save_LDFLAGS
	])
	AS_VAR_IF([cachevar], [yes], [$1="$$1 $ocirun_flag"])
	AS_VAR_POPDEF([cachevar])
done
])

# OCIRUN_CAN_BE_STATIC(VARIABLE)
# Set it to yes or no: do libc and the archives of our libraries link statically?
AC_DEFUN([OCIRUN_CAN_BE_STATIC], [
AC_MSG_CHECKING([whether the program can be static])
ocirun_save_LIBS=$LIBS
LIBS="-static -l:libyajl_s.a -l:libcap.a $LIBS"
AS_IF([test "x$with_seccomp" != xno], [LIBS="-l:libseccomp.a $LIBS"])
AS_IF([test "x$with_criu" != xno], [LIBS="-l:libprotobuf-c.a $LIBS"])
AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <stdio.h>
]], [[return puts("x");]])], [$1=yes], [$1=no])
LIBS=$ocirun_save_LIBS
AC_MSG_RESULT([$$1])
])

# OCIRUN_CAN_BE_STATIC_PIE(VARIABLE)
# Append -static-pie if that makes a program without an interpreter: some compilers,
# such as Debian's musl-gcc, take it and link dynamically.
AC_DEFUN([OCIRUN_CAN_BE_STATIC_PIE], [
AC_MSG_CHECKING([whether $CC makes static programs with -static-pie])
ocirun_save_LDFLAGS=$LDFLAGS
ocirun_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -fPIE -Werror"
LDFLAGS="$LDFLAGS -static-pie"
ocirun_static_pie=no
AC_RUN_IFELSE([AC_LANG_PROGRAM([[
#include <sys/auxv.h>
]], [[return getauxval(AT_BASE) != 0;]])], [ocirun_static_pie=yes], [],
	[AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [ocirun_static_pie=yes])])
AC_MSG_RESULT([$ocirun_static_pie])
AS_IF([test $ocirun_static_pie = yes], [$1="$$1 -static-pie"])
LDFLAGS=$ocirun_save_LDFLAGS
CFLAGS=$ocirun_save_CFLAGS
])

# OCIRUN_INIT_CC
# The program of init is linked for itself and started for each container, so what its
# C library does before main() is paid each time: glibc asks the processor for its
# caches, some forty cpuid instructions that each leave a virtual machine (0.4 ms
# measured), and brings 0.8 MB that have to be copied into the sealed memfd. musl does
# neither. Sets INIT_CC and INIT_CPPFLAGS, INIT_CFLAGS, INIT_LDFLAGS and INIT_LIBS; INIT_CC
# is "no" where CC is to build it like all the rest.
# musl-gcc knows no -static-pie (its specs link Scrt1.o and an interpreter), hence the
# files of the start by name. The kernel's headers come last: musl has its own for the rest.
AC_DEFUN([OCIRUN_INIT_CC], [
AC_ARG_VAR([INIT_CC],
	[compiler of the program of init, with its own C library: musl-gcc
	if that works; "no" for CC])
ocirun_init_asked=$INIT_CC
AS_IF([test -z "$INIT_CC"], [INIT_CC=musl-gcc])
AC_MSG_CHECKING([for a compiler with a small C library for init])
INIT_CPPFLAGS= INIT_CFLAGS= INIT_LDFLAGS= INIT_LIBS=
ocirun_why=
AS_IF([test -n "$SAN_CFLAGS$FUZZ_LDFLAGS" || test "x$enable_static" != xyes ||
       test "x$cross_compiling" != xno],
	[ocirun_why="not with sanitizers, a shared C library or a cross compiler"])
AS_IF([test "x$INIT_CC" != xno && test -z "$ocirun_why"], [
	ocirun_what='__GLIBC__ __SIZEOF_POINTER__ __x86_64__ __aarch64__ __arm__ dnl
__riscv __powerpc64__ __s390x__ __loongarch__'
	ocirun_ours=$( (AS_ECHO(["#include <features.h>
$ocirun_what"]) | $CC $CPPFLAGS $CFLAGS -E -P - | tail -n 1) 2>/dev/null)
	ocirun_other=$( (AS_ECHO(["#include <features.h>
$ocirun_what"]) | $INIT_CC $CFLAGS -E -P - | tail -n 1) 2>/dev/null)
	ocirun_crt=$( ($INIT_CC -@%:@@%:@@%:@ -x c /dev/null 2>&1 | tr ' "' '\n\n' |
		sed -n 's|/Scrt1\.o$||p' | sed 1q) 2>/dev/null)
	AS_CASE(["$ocirun_ours"], [__GLIBC__*], [ocirun_why="$CC has one"])
	AS_IF([test "x${ocirun_ours@%:@* }" != "x${ocirun_other@%:@* }"],
		[ocirun_why="$INIT_CC compiles for another machine"])
	AS_IF([test -z "$ocirun_crt"],
		[ocirun_why="$INIT_CC is missing, or links no C library as musl-gcc does"])
])
AS_IF([test "x$INIT_CC" != xno && test -z "$ocirun_why"], [
	for ocirun_file in linux/openat2.h asm/types.h; do
		ocirun_dir=$(AS_ECHO(["@%:@include <$ocirun_file>"]) |
			$CC $CPPFLAGS -E - |
			sed -n "s|^# 1 \"\(/.*\)/$ocirun_file\".*|\1|p" | sed 1q)
		INIT_CPPFLAGS="$INIT_CPPFLAGS -idirafter $ocirun_dir"
	done
	INIT_CFLAGS="$STD_CFLAGS -Wall -Wextra $HARDEN_CFLAGS -fPIE"
	AS_IF([test "x$enable_werror" = xyes], [INIT_CFLAGS="$INIT_CFLAGS -Werror"])
	INIT_LDFLAGS="-nostartfiles -static -Wl,-pie,--no-dynamic-linker,-z,text dnl
-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack $ocirun_crt/rcrt1.o $ocirun_crt/crti.o"
	INIT_LIBS=$ocirun_crt/crtn.o
	ocirun_save_CC=$CC ocirun_save_CPPFLAGS=$CPPFLAGS ocirun_save_CFLAGS=$CFLAGS
	ocirun_save_LDFLAGS=$LDFLAGS ocirun_save_LIBS=$LIBS
	CC=$INIT_CC CPPFLAGS=$INIT_CPPFLAGS CFLAGS="$INIT_CFLAGS $CFLAGS"
	LDFLAGS=$INIT_LDFLAGS LIBS=$INIT_LIBS
	AC_RUN_IFELSE([AC_LANG_SOURCE([[
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/auxv.h>

static int made;
__attribute__((constructor)) static void make(void) { made = 1; }

int main(void)
{
	/* no interpreter, and constructors run */
	return !(made && getauxval(AT_BASE) == 0 && sizeof(struct open_how) == 24 &&
		 printf(" ") == 1);
}
]])], [], [ocirun_why="$INIT_CC makes no static programs that can be loaded anywhere"],
	[ocirun_why="cross compiling"])
	CC=$ocirun_save_CC CPPFLAGS=$ocirun_save_CPPFLAGS CFLAGS=$ocirun_save_CFLAGS
	LDFLAGS=$ocirun_save_LDFLAGS LIBS=$ocirun_save_LIBS
])
AS_IF([test -n "$ocirun_why" && test "x${ocirun_init_asked:-no}" != xno], [
	AC_MSG_RESULT([no])
	AC_MSG_ERROR([INIT_CC=$INIT_CC: $ocirun_why])
])
AS_IF([test -n "$ocirun_why"], [INIT_CC=no])
AC_MSG_RESULT([$INIT_CC${ocirun_why:+ ($ocirun_why)}])
AC_SUBST([INIT_CPPFLAGS])
AC_SUBST([INIT_CFLAGS])
AC_SUBST([INIT_LDFLAGS])
AC_SUBST([INIT_LIBS])
AM_CONDITIONAL([INIT_LIBC], [test "x$INIT_CC" != xno])
])

# OCIRUN_CAN_PACK_RELOCS(VARIABLE)
# Append -Wl,-z,pack-relative-relocs if a program linked with it runs: a static one
# needs a libc that unpacks them (glibc 2.36), which the linker does not check.
AC_DEFUN([OCIRUN_CAN_PACK_RELOCS], [
AC_MSG_CHECKING([whether relative relocations can be packed])
ocirun_save_LDFLAGS=$LDFLAGS
ocirun_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -fPIE -Werror"
LDFLAGS="$LDFLAGS $STATIC_LDFLAGS -Wl,-z,pack-relative-relocs"
AC_RUN_IFELSE([AC_LANG_PROGRAM([[
static int a, b;
static int *const volatile table[] = { &a, &b };
]], [[return !(table[0] == &a && table[1] == &b);]])], [
	AC_MSG_RESULT([yes])
	$1="$$1 -Wl,-z,pack-relative-relocs"
], [AC_MSG_RESULT([no])], [AC_MSG_RESULT([no, cross compiling])])
LDFLAGS=$ocirun_save_LDFLAGS
CFLAGS=$ocirun_save_CFLAGS
])

# OCIRUN_MISSING(WHAT, KEY)
# Note a missing dependency. All of them are reported together by
# OCIRUN_REPORT_MISSING; KEY selects the package names.
AC_DEFUN([OCIRUN_MISSING], [
	ocirun_missing="$ocirun_missing$1
"
	ocirun_missing_keys="$ocirun_missing_keys $2"
])

# OCIRUN_LIB(PREFIX, HEADER, FUNCTION, NAME, ARCHIVE, KEY)
# Find a library: its static archive if ocirun_static_libs is yes and it links
# into what we build, else the shared one. Sets PREFIX_LIBS and prepends to LIBS.
AC_DEFUN([OCIRUN_LIB], [
AC_ARG_VAR([$1_LIBS], [linker flags for lib$4, overriding the search])
ocirun_found=no
AC_CHECK_HEADER([$2], [], [ocirun_found=header])
AC_MSG_CHECKING([for $3 in lib$4])
AS_IF([test "x$ocirun_found" = xheader], [
	AC_MSG_RESULT([no header $2])
	OCIRUN_MISSING([  $2, lib$4], [$6])
], [
	ocirun_save_LIBS=$LIBS
	ocirun_save_LDFLAGS=$LDFLAGS
	ocirun_save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $HARDEN_CFLAGS"
	LDFLAGS="$LDFLAGS $HARDEN_LDFLAGS $STATIC_LDFLAGS"
	ocirun_tries=
	AS_IF([test -n "$$1_LIBS"], [ocirun_tries=$$1_LIBS], [
		AS_IF([test "x$ocirun_static_libs" = xyes],
			[ocirun_tries="-l:$5"])
		AS_IF([test -z "$STATIC_LDFLAGS"],
			[ocirun_tries="$ocirun_tries -l$4"])
	])
	for ocirun_try in $ocirun_tries; do
		LIBS="$ocirun_try $ocirun_save_LIBS"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[
#include <stddef.h>
#include <stdint.h>
#include <$2>
]], [[void *volatile p = (void *)&$3; return p == NULL;]])],
			[ocirun_found=yes; break])
	done
	LDFLAGS=$ocirun_save_LDFLAGS
	CFLAGS=$ocirun_save_CFLAGS
	AS_IF([test "x$ocirun_found" = xyes], [
		$1_LIBS=$ocirun_try
		AC_MSG_RESULT([$ocirun_try])
	], [
		AC_MSG_RESULT([no])
		OCIRUN_MISSING([  lib$4 (tried:$ocirun_tries)], [$6])
	])
	LIBS=$ocirun_save_LIBS
])
])

# OCIRUN_PACKAGES(FAMILY)
# Set ocirun_pkgs to the names of the packages for ocirun_missing_keys.
AC_DEFUN([OCIRUN_PACKAGES], [
ocirun_pkgs=
for ocirun_key in $ocirun_missing_keys; do
	AS_CASE([$1:$ocirun_key],
		[debian:cc],       [ocirun_pkg=gcc],
		[debian:headers],  [ocirun_pkg="libc6-dev linux-libc-dev"],
		[debian:yajl],     [ocirun_pkg=libyajl-dev],
		[debian:cap],      [ocirun_pkg=libcap-dev],
		[debian:seccomp],  [ocirun_pkg=libseccomp-dev],
		[debian:protobuf], [ocirun_pkg=libprotobuf-c-dev],
		[debian:protoc],   [ocirun_pkg=protobuf-c-compiler],
		[fedora:cc],       [ocirun_pkg=gcc],
		[fedora:headers],  [ocirun_pkg="glibc-devel kernel-headers"],
		[fedora:yajl],     [ocirun_pkg=yajl-devel],
		[fedora:cap],      [ocirun_pkg=libcap-devel],
		[fedora:seccomp],  [ocirun_pkg=libseccomp-devel],
		[fedora:protobuf], [ocirun_pkg=protobuf-c-devel],
		[fedora:protoc],   [ocirun_pkg=protobuf-c-compiler],
		[alpine:cc],       [ocirun_pkg="gcc musl-dev"],
		[alpine:headers],  [ocirun_pkg=linux-headers],
		[alpine:yajl],     [ocirun_pkg="yajl-dev yajl-static"],
		[alpine:cap],      [ocirun_pkg="libcap-dev libcap-static"],
		[alpine:seccomp],  [ocirun_pkg="libseccomp-dev libseccomp-static"],
		[alpine:protobuf], [ocirun_pkg=protobuf-c-dev],
		[alpine:protoc],   [ocirun_pkg=protobuf-c-compiler],
		[arch:cc],         [ocirun_pkg=gcc],
		[arch:headers],    [ocirun_pkg=linux-api-headers],
		[arch:yajl],       [ocirun_pkg=yajl],
		[arch:cap],        [ocirun_pkg=libcap],
		[arch:seccomp],    [ocirun_pkg=libseccomp],
		[arch:protobuf], [ocirun_pkg=protobuf-c],
		[arch:protoc],   [ocirun_pkg=protobuf-c],
		[suse:cc],         [ocirun_pkg=gcc],
		[suse:headers],    [ocirun_pkg="glibc-devel linux-glibc-devel"],
		[suse:yajl],       [ocirun_pkg=libyajl-devel],
		[suse:cap],        [ocirun_pkg=libcap-devel],
		[suse:seccomp],    [ocirun_pkg=libseccomp-devel],
		[suse:protobuf], [ocirun_pkg=libprotobuf-c-devel],
		[suse:protoc],   [ocirun_pkg=protobuf-c],
		[ocirun_pkg="($ocirun_key: no package known)"])
	ocirun_pkgs="$ocirun_pkgs $ocirun_pkg"
done
])

# OCIRUN_REPORT_MISSING
# End configure if anything was noted, with everything at once.
AC_DEFUN([OCIRUN_REPORT_MISSING], [
AS_IF([test -n "$ocirun_missing_keys"], [
	ocirun_hint=
	ocirun_os=$(. /etc/os-release 2>/dev/null && echo " $ID $ID_LIKE ")
	OCIRUN_PACKAGES([debian])
	ocirun_line="  Debian, Ubuntu:  apt-get install$ocirun_pkgs"
	ocirun_table=$ocirun_line
	AS_CASE([$ocirun_os], [*" debian "*|*" ubuntu "*], [ocirun_hint=$ocirun_line])
	OCIRUN_PACKAGES([fedora])
	ocirun_line="  Fedora, RHEL:    dnf install$ocirun_pkgs"
	ocirun_table="$ocirun_table
$ocirun_line"
	AS_CASE([$ocirun_os], [*" fedora "*|*" rhel "*], [ocirun_hint=$ocirun_line])
	OCIRUN_PACKAGES([alpine])
	ocirun_line="  Alpine:          apk add$ocirun_pkgs"
	ocirun_table="$ocirun_table
$ocirun_line"
	AS_CASE([$ocirun_os], [*" alpine "*], [ocirun_hint=$ocirun_line])
	OCIRUN_PACKAGES([arch])
	ocirun_line="  Arch:            pacman -S$ocirun_pkgs"
	ocirun_table="$ocirun_table
$ocirun_line"
	AS_CASE([$ocirun_os], [*" arch "*], [ocirun_hint=$ocirun_line])
	OCIRUN_PACKAGES([suse])
	ocirun_line="  openSUSE, SLE:   zypper install$ocirun_pkgs"
	ocirun_table="$ocirun_table
$ocirun_line"
	AS_CASE([$ocirun_os], [*suse*], [ocirun_hint=$ocirun_line])
	AS_IF([test -n "$ocirun_hint"], [ocirun_table=$ocirun_hint])
	AC_MSG_ERROR([these are needed and were not found:
$ocirun_missing
Install them with
$ocirun_table
or see './configure --help' for what can be left out.])
])
])
