# make, make install, make installcheck: as for any PGXS extension, for the PostgreSQL of PG_CONFIG.
# make demo, test, test-interop and the others of GOALS_OF_SCRIPTS: install what is missing, then run in a throwaway PostgreSQL.
# make help lists them.

# Where the repository is, as soon as it is somewhere: https://example.org/owner/name.  make address writes it wherever it belongs.
ADDRESS =

MODULE_big = videosdk_token
EXTENSION = videosdk_token
DATA = src/videosdk_token--1.0.sql

# The rooms of src/, from the front door down: one includes only what stands below it, as make lint checks.
ROOMS = videosdk_token call webhook token_sign join_check token_result token_check token_form payload_rules claim_types \
	credential credential_server credential_validator credential_options signing_policy signing_key webhook_key \
	claims json_reader json_flat json_writer jsonb_walk numeric_date encoding compat \
	bytes/jwt bytes/hmac_sha256 bytes/rsa_sha256 bytes/openssl_memory bytes/base64 bytes/base64url bytes/base64url_simd bytes/json_limits
ROOMS_OF_HEADERS = signing_policy jsonb_walk bytes/openssl_memory
OBJS = $(patsubst %,src/%.o,$(filter-out $(ROOMS_OF_HEADERS),$(ROOMS)))
SHLIB_LINK = -lcrypto

REGRESS = setup signing payload_rules decoding verifying inspecting secrets joining credentials webhooks builders function_properties \
	example_meetings example_additions example_token_server example_desk vectors
REGRESS_OPTS = --encoding=UTF8 --no-locale

PG_CONFIG ?= pg_config
HERE := $(dir $(lastword $(MAKEFILE_LIST)))

# These goals look for no PostgreSQL: their scripts, of the same names, do, once it is installed.  Those of CHECKS speak TAP, which
# prove counts.
CHECKS = test-docs test-interop test-postgrest test-desk test-speed lint test-dist test-majors test-machines test-deb test-jit \
	test-workflow fuzz test-mutants test-sanitizer test-valgrind test-assertions test-leaks test-timing test-clusters test-endurance
GOALS_OF_SCRIPTS = demo test coverage bench dist image-volume sbom deb address nightly $(CHECKS)
GOALS_WITHOUT_PGXS = $(GOALS_OF_SCRIPTS) help clean distclean maintainer-clean

ifneq (,$(filter-out $(GOALS_WITHOUT_PGXS),$(or $(MAKECMDGOALS),all)))

# The server's headers and OpenSSL's are for building; whoever has a package checks it without.
ifneq (installcheck,$(strip $(MAKECMDGOALS)))

PROBLEM := $(shell PG_CONFIG='$(PG_CONFIG)' '$(HERE)scripts/lib/pg-config' 2>&1 >/dev/null)
ifneq (,$(PROBLEM))
$(error $(PROBLEM))
endif

endif

# The server's headers are system headers, so that make COPT='-Wall -Wextra -Werror' judges our code alone.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server)

# No bitcode for JIT: what it inlines would call functions that the library does not export, and PostgreSQL 18 then ends all
# sessions (make test-jit).  There would be nothing to gain: what takes time is in OpenSSL.
override with_llvm = no

# make CC=clang: most PostgreSQLs were configured for gcc and bring flags that clang has never heard of.
ifneq (,$(findstring clang,$(CC)))
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument
endif

# make install prefix=/somewhere, lib/ and share/extension/ in a folder of its own, is for the settings of PostgreSQL 18.  PGXS's
# own prefix adds folders called postgresql, and none where Debian has configured the server.
ifeq (command line,$(origin prefix))
FOLDER := $(prefix)
override undefine prefix
endif

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

ifdef FOLDER
ifneq (,$(filter 15 16 17,$(MAJORVERSION)))
$(error prefix is for PostgreSQL 18 and later: PostgreSQL $(MAJORVERSION) finds an extension in its own folders only)
endif
pkglibdir := $(FOLDER)/lib
datadir := $(FOLDER)/share
endif

ifneq (installcheck,$(strip $(MAKECMDGOALS)))

# The compiler's own answer: 3 or more; the bare name before OpenSSL 3.0; nothing without headers.
OPENSSL_VERSION_MAJOR := $(shell echo OPENSSL_VERSION_MAJOR | \
	$(CC) $(CPPFLAGS) -include openssl/opensslv.h -E -P -x c - 2>/dev/null | tail -n 1)
ifeq (,$(OPENSSL_VERSION_MAJOR))
$(error $(CC) finds no OpenSSL headers: install a C compiler and libssl-dev, version 3.0 or later)
endif
ifeq (OPENSSL_VERSION_MAJOR,$(OPENSSL_VERSION_MAJOR))
$(error OpenSSL 3.0 or later is needed, but the headers that $(CC) finds are older)
endif

endif

# The library exports what PostgreSQL calls, which is in videosdk_token.c, and nothing else.
INNER_OBJS = $(filter-out src/videosdk_token.o,$(OBJS))
$(INNER_OBJS): override CPPFLAGS += -fvisibility=hidden

# PGXS does not know our headers; a stale object is worse than a needless compilation.
$(OBJS): $(wildcard $(HERE)src/*.h $(HERE)src/bytes/*.h)

# Nor does it make src/ where objects are built in another folder, as for Debian's packages.
ifeq ($(filter . ./,$(srcdir)),)
$(OBJS): | $(CURDIR)/src/bytes
$(CURDIR)/src/bytes:
	mkdir -p $@
endif

endif

.PHONY: $(GOALS_WITHOUT_PGXS) clean-all

$(filter-out $(CHECKS),$(GOALS_OF_SCRIPTS)):
	@'$(HERE)scripts/$@'

$(CHECKS):
	@'$(HERE)scripts/lib/prove' -v '$(HERE)scripts/$@'

help:
	@'$(HERE)scripts/lib/help' $(GOALS_OF_SCRIPTS)

# Stands beside PGXS's clean, and in for it where there is no PostgreSQL.
clean distclean maintainer-clean: clean-all
clean-all:
	rm -f $(MODULE_big).so $(OBJS)
	rm -rf dist log results regression.diffs regression.out tmp_check \
		test/bench/node_modules test/desk/node_modules test/interop/node_modules test/postgrest/node_modules \
		test/workflow/node_modules
